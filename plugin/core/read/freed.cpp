// SPDX-License-Identifier: MIT
//
// See freed.h. An entry that is not whole, or not where its number says, is passed over.
#include "read/freed.h"

#include <algorithm>
#include <cstring>

namespace mt::core {
namespace {

constexpr std::uint64_t kMostBeingWritten = 16;

bool is_whole(const abi::FreedBlock& entry, std::uint64_t index, std::uint64_t capacity) {
    return entry.sequence != 0 && (entry.sequence - 1) % capacity == index &&
           entry.check == abi::freed_check(entry);
}

}  // namespace

bool read_freed(Reading& reading, const Anchor& anchor, std::uint64_t address,
                std::optional<FreedBlock>& freed) {
    if (anchor.state.freed == 0) return true;
    abi::FreedRing ring;
    std::size_t got = 0;
    if (!reading.some(anchor.state.freed, &ring, sizeof ring, got)) return false;
    const bool sound =
        got == sizeof ring && ring.capacity != 0 && ring.capacity <= abi::kMostFreedBlocks;
    if (!sound) return reading.incomplete("the last frees", anchor.state.freed), true;
    const std::uint64_t used = std::min(ring.count, ring.capacity);
    const std::uint64_t first = anchor.state.freed + sizeof ring;
    if (!reading.claim(first, ring.capacity * sizeof(abi::FreedBlock), "the last frees")) {
        return false;
    }
    abi::FreedBlock last{};
    std::uint64_t broken = 0;
    const auto look = [&](std::uint64_t index, const std::byte* bytes) {
        abi::FreedBlock entry;
        std::memcpy(&entry, bytes, sizeof entry);
        const bool holds = address >= entry.address &&
                           address - entry.address < std::max<std::uint64_t>(entry.size, 1);
        const bool whole = is_whole(entry, index, ring.capacity);
        broken += whole ? 0 : 1;
        if (holds && whole && entry.sequence > last.sequence) last = entry;
        return true;
    };
    if (!reading.rows(first, used, sizeof(abi::FreedBlock), "the last frees", look)) return false;
    // A thread writes one at a time, and two may have written the same.
    if (broken > kMostBeingWritten) reading.incomplete("entries of the last frees", first);
    if (last.sequence == 0) return true;
    // The process may run on: the count that was read first is the older one.
    const std::uint64_t since = ring.count > last.sequence ? ring.count - last.sequence : 0;
    freed = FreedBlock{last.address,
                       last.size,
                       static_cast<std::uint32_t>(last.stacks),
                       static_cast<std::uint32_t>(last.stacks >> 32),
                       static_cast<std::uint32_t>(last.thread),
                       since};
    return true;
}

}  // namespace mt::core
