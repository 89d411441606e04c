// SPDX-License-Identifier: MIT
//
// See troubles.h.
#include "app/heap/troubles.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace mt::core {
namespace {

std::string damage_text(const heap::Damage& damage) {
    const std::string before =
        damage.before == 0 ? "" : fmt::format(", the chunk before it is at {:#x}", damage.before);
    if (damage.trouble == heap::Trouble::unreadable)
        return fmt::format("memory that cannot be read{}", before);
    return fmt::format("no chunk: its size is {:#x}{}", damage.word, before);
}

// Bytes that the arena has from the system and nothing here accounts for.
std::int64_t left_over(const heap::Arena& arena, const heap::ArenaSums& sums) {
    return static_cast<std::int64_t>(arena.system_bytes) - static_cast<std::int64_t>(sums.bytes());
}

void add_sums(const heap::Heap& heap, std::vector<HeapTrouble>& troubles) {
    for (std::size_t i = 0; i < heap.sums.size(); ++i) {
        const heap::Arena& arena = heap.books.arenas[i];
        const std::int64_t left = left_over(arena, heap.sums[i]);
        if (left == 0) continue;
        troubles.push_back(
            {arena.address, std::max<std::int64_t>(left, 0),
             arena.is_locked
                 ? "a thread was at work in this arena, so its sums are none of one moment"
             : left > 0 ? "bytes that the arena has from the system were not found"
                        : fmt::format("{} bytes more were found than the arena has", -left)});
    }
}

}  // namespace

std::vector<HeapTrouble> troubles_of(const heap::Heap& heap) {
    std::vector<HeapTrouble> troubles;
    for (const heap::Walked& segment : heap.segments)
        for (const heap::Damage& damage : segment.damages)
            troubles.push_back(
                {damage.address, static_cast<std::int64_t>(damage.size), damage_text(damage)});
    for (const heap::BrokenList& list : heap.caches.broken)
        troubles.push_back(
            {list.head, 0,
             list.link == 0
                 ? "a list of free blocks whose first link leads to none"
                 : fmt::format("a list of free blocks that breaks off behind {:#x}", list.link)});
    add_sums(heap, troubles);
    return troubles;
}

}  // namespace mt::core
