// SPDX-License-Identifier: MIT
//
// See local_memory.h.
#include "source/local_memory.h"

#include <algorithm>
#include <array>

#include "abi/layout.h"
#include "model/poll.h"

namespace mt::core {
namespace {

constexpr std::size_t kChunk = 1u << 20;  // between two looks at Ctrl-C

// The bytes that never change once the header (or, before the first traced
// event, the root) has been made.
using Proof = std::array<unsigned char, abi::kConstantSize + 8>;

bool read_proof(Memory& memory, const Status& status, Proof& proof) {
    proof.fill(0);
    auto whole = [&](std::uint64_t address, std::size_t at, std::size_t size) {
        const Result<std::size_t> got = memory.read(address, proof.data() + at, size);
        return got && *got == size;
    };
    if (status.header_address != 0) return whole(status.header_address, 0, proof.size());
    const std::size_t until_request = offsetof(abi::Root, request);
    return whole(status.root_address, 0, until_request) &&
           whole(status.root_address + offsetof(abi::Root, cookie), until_request, 8);
}

}  // namespace

Result<std::size_t> LocalMemory::read(std::uint64_t address, void* out, std::size_t size) {
    auto* bytes = static_cast<unsigned char*>(out);
    std::size_t done = 0;
    while (done < size) {
        if (done != 0 && interrupted()) return interrupted_error();
        const std::size_t want = std::min(size - done, kChunk);
        const std::size_t got = read_now(address + done, bytes + done, want);
        done += got;
        if (got < want) break;
    }
    return done;
}

ReadFunction LocalMemory::concurrent_read() {
    return [this](std::uint64_t address, void* out, std::size_t size) -> Result<std::size_t> {
        return read_now(address, out, size);
    };
}

// In another process hardly any of the ranges exist, let alone with the same bytes.
bool show_the_same(Memory& local, Memory& debugger, const std::vector<MemoryRegion>& regions) {
    constexpr std::size_t kSamples = 8;
    unsigned same = 0, different = 0;
    const std::size_t step = std::max<std::size_t>(1, regions.size() / kSamples);
    for (std::size_t i = 0; i < regions.size(); i += step) {
        std::array<unsigned char, 64> ours{}, theirs{};
        const Result<std::size_t> direct = local.read(regions[i].start, ours.data(), ours.size());
        const Result<std::size_t> asked =
            debugger.read(regions[i].start, theirs.data(), theirs.size());
        if (!direct || !asked) return false;
        const bool equal = *direct == ours.size() && *asked == *direct && ours == theirs;
        ++(equal ? same : different);
    }
    return same > different;
}

bool show_one_process(Memory& local, Memory& debugger, const Status& status) {
    if (status.identity.cookie == 0) return false;
    if (status.root_address == 0 && status.header_address == 0) return false;
    Proof theirs, ours;
    if (!read_proof(debugger, status, theirs) || !read_proof(local, status, ours)) return false;
    const auto* cookie = reinterpret_cast<const unsigned char*>(&status.identity.cookie);
    const bool has_cookie = std::search(ours.begin(), ours.end(), cookie, cookie + 8) != ours.end();
    return theirs == ours && has_cookie;
}

}  // namespace mt::core
