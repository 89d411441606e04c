// SPDX-License-Identifier: MIT
//
// See segments.h.
#include "heap/segments.h"

#include <algorithm>
#include <optional>

#include "heap/chunk_map.h"

namespace mt::core::heap {
namespace {

constexpr std::uint64_t kFlags = 7;
// heap_info (malloc/arena.c): its arena, the heap before it, how much of it is used.
constexpr std::uint64_t kPrevious = 8, kHeapSize = 16;
// HEAP_MAX_SIZE: 64 MiB, or four huge pages (since 2.35); tried from here up after that.
constexpr std::uint64_t kUsualHeap = std::uint64_t{64} << 20;
constexpr std::uint64_t kSmallestHeap = std::uint64_t{1} << 20,
                        kLargestHeap = std::uint64_t{4} << 30;
constexpr std::size_t kMostHeaps = 1u << 20;

std::uint64_t aligned(std::uint64_t address) { return (address + kGrain - 1) / kGrain * kGrain; }

std::uint64_t end_of_top(Words& words, const Arena& arena) {
    return arena.top + (words.or_zero(arena.top + 8) & ~kFlags);
}

bool has_heap(const Arena& arena, const Layout& layout) {
    return arena.top != 0 && arena.top % kGrain == 0 &&
           (arena.top < arena.address || arena.top >= arena.address + layout.size());
}

// Of brk, which others may have moved, too: what they took is in the sum.
std::optional<Segment> main_segment(Words& words, const Books& books) {
    const Arena& main = books.arenas.front();
    const std::uint64_t end = end_of_top(words, main);
    if (!has_heap(main, books.layout) || main.system_bytes > end || end < main.top + kGrain)
        return std::nullopt;
    Segment segment;
    segment.start = end - main.system_bytes;
    segment.first = aligned(segment.start);
    segment.end = end;
    segment.has_top = true;
    if (segment.first > main.top) return std::nullopt;
    return segment;
}

struct Heaps {
    std::vector<std::uint64_t> starts;  // the newest first
    std::uint64_t bytes = 0;
};

// Those of an arena if heaps are aligned to `size`; nullopt: they are not.
std::optional<Heaps> heaps_of(Words& words, const Arena& arena, std::uint64_t size) {
    Heaps heaps;
    for (std::uint64_t heap = arena.top / size * size; heap != 0;
         heap = words.or_zero(heap + kPrevious)) {
        const std::uint64_t bytes = words.or_zero(heap + kHeapSize);
        const bool fits = heap % size == 0 && bytes != 0 && bytes <= size;
        if (!fits || words.or_zero(heap) != arena.address || heaps.starts.size() >= kMostHeaps)
            return std::nullopt;
        heaps.starts.push_back(heap);
        heaps.bytes += bytes;
    }
    if (heaps.starts.empty()) return std::nullopt;
    return heaps;
}

// True: all arenas have heaps of this size, and as many bytes as they say.
bool agree(Words& words, const Books& books, std::uint64_t size) {
    return std::all_of(books.arenas.begin() + 1, books.arenas.end(), [&](const Arena& arena) {
        if (!has_heap(arena, books.layout)) return true;
        const auto heaps = heaps_of(words, arena, size);
        return heaps && (heaps->bytes == arena.system_bytes || arena.is_locked);
    });
}

// While heaps are small a smaller power of two is as good as the right one, so the largest of
// the usual is asked first.
std::uint64_t heap_size(Words& words, const Books& books) {
    for (std::uint64_t size = kUsualHeap; size >= kSmallestHeap; size /= 2)
        if (agree(words, books, size)) return size;
    for (std::uint64_t size = kUsualHeap * 2; size <= kLargestHeap; size *= 2)
        if (agree(words, books, size)) return size;
    return kUsualHeap;
}

void add_heaps(Words& words, const Books& books, std::size_t number, std::uint64_t size,
               std::vector<Segment>& segments) {
    const Arena& arena = books.arenas[number];
    const auto heaps = heaps_of(words, arena, size);
    if (!heaps || !has_heap(arena, books.layout)) return;
    const std::uint64_t header = arena.address - heaps->starts.back();
    if (header >= size) return;
    for (std::size_t i = heaps->starts.size(); i-- > 0;) {
        const std::uint64_t heap = heaps->starts[i];
        Segment segment;
        segment.arena = number;
        segment.start = heap;
        const bool is_first = i + 1 == heaps->starts.size();
        segment.first = aligned(is_first ? arena.address + books.layout.size() : heap + header);
        segment.end = heap + words.or_zero(heap + kHeapSize) / kGrain * kGrain;
        segment.has_top = i == 0;
        if (segment.has_top) segment.end = end_of_top(words, arena);
        if (segment.first < segment.end && segment.end <= heap + size) segments.push_back(segment);
    }
}

}  // namespace

std::vector<Segment> find_segments(Words& words, const Books& books) {
    std::vector<Segment> segments;
    if (const auto main = main_segment(words, books)) segments.push_back(*main);
    const std::uint64_t size = heap_size(words, books);
    for (std::size_t i = 1; i < books.arenas.size(); ++i)
        add_heaps(words, books, i, size, segments);
    return segments;
}

}  // namespace mt::core::heap
