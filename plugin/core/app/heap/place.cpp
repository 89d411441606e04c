// SPDX-License-Identifier: MIT
//
// See place.h.
#include "app/heap/place.h"

#include <fmt/format.h>

#include <algorithm>

namespace mt::core {
namespace {

// Who keeps a block that was freed, by its address.
std::string keeper_of(const heap::Caches& caches, const std::vector<ThreadAt>& threads,
                      std::uint64_t block, Place& place) {
    const auto entry = std::lower_bound(
        caches.entries.begin(), caches.entries.end(), block,
        [](const heap::Caches::Entry& one, std::uint64_t at) { return one.block < at; });
    if (entry == caches.entries.end() || entry->block != block) return "freed, in a fast bin";
    const std::uint32_t number = caches.threads[entry->cache].thread;
    const auto thread = std::find_if(threads.begin(), threads.end(),
                                     [&](const ThreadAt& one) { return one.number == number; });
    if (number == 0 || thread == threads.end()) return "freed, kept by a thread";
    place.debuggers = number;
    place.tid = thread->tid;
    return fmt::format("freed, kept by thread {} (tid {})", number, thread->tid);
}

std::string state_of(const heap::Heap& heap, const heap::Chunk& chunk,
                     const std::vector<ThreadAt>& threads, Place& place) {
    switch (chunk.state) {
        case heap::State::used:
            return "malloc's header before a block";
        case heap::State::kept:
            return keeper_of(heap.caches, threads, chunk.block(), place);
        case heap::State::binned:
            return "freed";
        case heap::State::top:
            return "the end of an arena, not given out";
        case heap::State::cache:
            return "malloc's own: what a thread keeps";
        case heap::State::fence:
            return "malloc's own";
        case heap::State::gap:
            return "taken from brk by others";
        case heap::State::damaged:
            break;
    }
    return "written over: no chunk can be what stands there";
}

}  // namespace

std::optional<Place> place_in_heaps(const std::vector<heap::Heap>& heaps,
                                    const std::vector<ThreadAt>& threads, std::uint64_t address) {
    for (const heap::Heap& heap : heaps) {
        const heap::Walked* segment = heap::segment_at(heap.segments, address);
        if (segment == nullptr) continue;
        const auto chunk = segment->chunks.at(address);
        if (!chunk) continue;
        Place place;
        place.kind = Place::Kind::heap;
        place.chunk = chunk->address;
        place.chunk_size = chunk->size;
        place.state = state_of(heap, *chunk, threads, place);
        return place;
    }
    return std::nullopt;
}

}  // namespace mt::core
