// SPDX-License-Identifier: MIT
//
// See control.h.
#include "command/control.h"

#include <cstddef>

#include "abi/layout.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kFlags = 0xffff;

}  // namespace

Result<std::uint64_t> Control::read(std::uint64_t offset) {
    std::uint64_t word = 0;
    auto got = debugger_.memory().read(root_ + offset, &word, sizeof word);
    if (!got) return tl::make_unexpected(std::move(got.error()));
    if (*got != sizeof word)
        return fail(Code::unreadable, "the runtime's request word cannot be read", root_ + offset);
    return word;
}

Result<void> Control::write(std::uint64_t offset, std::uint64_t value) {
    return debugger_.write(root_ + offset, &value, sizeof value);
}

Result<void> Control::start(const Start& start) {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    std::uint64_t flags = (*word & kFlags & ~abi::kRequestSampling) | abi::kRequestOn;
    if (start.sample_bytes != 0) {
        // Before the request that tells the runtime to look at it.
        if (auto done = write(offsetof(abi::Root, sample_bytes), start.sample_bytes); !done)
            return done;
        flags |= abi::kRequestSampling;
    }
    return write(offsetof(abi::Root, request),
                 abi::make_request(flags, start.frames, abi::request_generation(*word) + 1));
}

Result<void> Control::stop() {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    return write(offsetof(abi::Root, request),
                 abi::make_request((*word & kFlags) & ~abi::kRequestOn, abi::request_limit(*word),
                                   abi::request_generation(*word) + 1));
}

Result<void> Control::clear() {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    return write(offsetof(abi::Root, request),
                 abi::make_request(*word & kFlags, abi::request_limit(*word),
                                   abi::request_generation(*word) + 1));
}

Result<void> Control::reset_peak() {
    auto word = read(offsetof(abi::Root, peak_reset_request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    return write(offsetof(abi::Root, peak_reset_request), *word + 1);
}

}  // namespace mt::core
