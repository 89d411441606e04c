// SPDX-License-Identifier: MIT
//
// See control.h.
#include "command/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "abi/layout.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kFlags = 0xffff;

std::uint64_t slot_at(std::size_t slot) {
    return offsetof(abi::Root, watch) + slot * sizeof(abi::WatchSlot);
}

}  // namespace

Result<void> may_change(const Target& target, std::string_view verb) {
    if (target.kind == TargetKind::core)
        return fail(Code::refused, fmt::format("a core file cannot be changed; mt {} needs a live "
                                               "process, the reports work here",
                                               verb));
    if (target.kind == TargetKind::replay)
        return fail(Code::refused,
                    fmt::format("a recording cannot be changed, so mt {} does not work in replay; "
                                "set MEMTRACE=32 when the program is recorded",
                                verb));
    return {};
}

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
    std::uint64_t flags =
        (*word & kFlags & ~(abi::kRequestSampling | abi::kRequestStamps | abi::kRequestFreed)) |
        abi::kRequestOn;
    if (start.stamps) flags |= abi::kRequestStamps;
    if (start.freed_blocks != 0) {
        if (auto done = write(offsetof(abi::Root, freed_blocks), start.freed_blocks); !done)
            return done;
        flags |= abi::kRequestFreed;
    }
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

Result<std::uint64_t> Control::mark() {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    if ((*word & abi::kRequestStamps) == 0)
        if (auto done = write(offsetof(abi::Root, request), *word | abi::kRequestStamps); !done)
            return tl::make_unexpected(std::move(done.error()));
    auto last = read(offsetof(abi::Root, mark_request));
    if (!last) return tl::make_unexpected(std::move(last.error()));
    if (auto done = write(offsetof(abi::Root, mark_request), *last + 1); !done)
        return tl::make_unexpected(std::move(done.error()));
    return *last + 1;
}

Result<void> Control::reset_peak() {
    auto word = read(offsetof(abi::Root, peak_reset_request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    return write(offsetof(abi::Root, peak_reset_request), *word + 1);
}

Result<std::uint64_t> Control::begin_epoch() {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    auto last = read(offsetof(abi::Root, scope_epoch));
    if (!last) return tl::make_unexpected(std::move(last.error()));
    if (auto done = write(offsetof(abi::Root, scope_epoch), *last + 1); !done)
        return tl::make_unexpected(std::move(done.error()));
    if ((*word & abi::kRequestScopes) == 0)
        if (auto done = write(offsetof(abi::Root, request), *word | abi::kRequestScopes); !done)
            return tl::make_unexpected(std::move(done.error()));
    return *last + 1;
}

Result<void> Control::end_epochs() {
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    if ((*word & abi::kRequestScopes) == 0) return {};
    return write(offsetof(abi::Root, request), *word & ~abi::kRequestScopes);
}

// The word with the condition goes first and comes last.
Result<void> Control::empty_slot(std::uint32_t slot) { return write(slot_at(slot), 0); }

Result<void> Control::watch(const std::vector<Watch>& slots) {
    const std::size_t count = std::min<std::size_t>(slots.size(), abi::kWatchSlots);
    for (std::size_t i = 0; i < abi::kWatchSlots; ++i) {
        const Watch slot = i < count ? slots[i] : Watch{};
        if (auto done = write(slot_at(i), 0); !done) return done;
        if (slot.condition == 0) continue;
        const std::pair<std::size_t, std::uint64_t> words[] = {
            {offsetof(abi::WatchSlot, value), slot.value},
            {offsetof(abi::WatchSlot, argument), slot.argument},
            {offsetof(abi::WatchSlot, hits), 0},
            {offsetof(abi::WatchSlot, condition), slot.condition | std::uint64_t{slot.flags} << 32},
        };
        for (const auto& [offset, value] : words)
            if (auto done = write(slot_at(i) + offset, value); !done) return done;
    }
    auto sequence = read(offsetof(abi::Root, watch_request));
    if (!sequence) return tl::make_unexpected(std::move(sequence.error()));
    const std::uint64_t next =
        abi::make_watch_request((*sequence >> 8) + 1, static_cast<std::uint32_t>(count));
    if (auto done = write(offsetof(abi::Root, watch_request), next); !done) return done;
    auto word = read(offsetof(abi::Root, request));
    if (!word) return tl::make_unexpected(std::move(word.error()));
    const bool any = std::any_of(slots.begin(), slots.end(),
                                 [](const Watch& slot) { return slot.condition != 0; });
    return write(offsetof(abi::Root, request),
                 any ? *word | abi::kRequestWatch : *word & ~abi::kRequestWatch);
}

Result<void> Control::decide(std::uint32_t stack, std::uint32_t verdict) {
    auto table = read(offsetof(abi::Root, watch_verdicts));
    if (!table) return tl::make_unexpected(std::move(table.error()));
    if (*table == 0 || stack >> abi::kStackIdBits != 0)
        return fail(Code::damaged, "the runtime has no room for what mt break decides");
    return debugger_.write(*table + std::uint64_t{stack} * sizeof verdict, &verdict,
                           sizeof verdict);
}

}  // namespace mt::core
