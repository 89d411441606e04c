// SPDX-License-Identifier: MIT
//
// See heap.h.
#include "heap/heap.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "heap/segments.h"

namespace mt::core::heap {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20, kPage = 4096, kPages = 1024;

// Where memory that begins at `start` ends, as far as it is mapped without a hole.
std::uint64_t mapped_end(const std::vector<Mapping>& mappings, std::uint64_t start) {
    const Mapping* mapping = range_at(mappings, start);
    if (mapping == nullptr) return start;
    const Mapping* last = mapping;
    while (last + 1 != mappings.data() + mappings.size() && (last + 1)->start == last->end) ++last;
    return last->end;
}

class Search {
  public:
    Search(const ReadFunction& read, const std::vector<Mapping>& mappings,
           const HeapOptions& options, const Interrupted& interrupted)
        : read_(read),
          mappings_(mappings),
          options_(options),
          interrupted_(interrupted),
          large_(read, kLarge, 1),
          near_(read, kPage, kPages) {}

    Result<std::vector<Heap>> find();

  private:
    Result<Heap> heap_of(Books books);
    Result<void> walk(Heap& heap);
    static void count(Heap& heap);
    static void count_segment(const Walked& segment, ArenaSums& sums);
    Result<void> find_mappings(std::vector<Heap>& heaps);
    std::vector<MemoryRegion> anonymous(const std::vector<Heap>& heaps) const;

    const ReadFunction& read_;
    const std::vector<Mapping>& mappings_;
    const HeapOptions& options_;
    const Interrupted& interrupted_;
    Words large_, near_;
    std::uint64_t brk_start_ = 0;
};

Result<void> Search::walk(Heap& heap) {
    std::vector<Segment> segments = find_segments(near_, heap.books);
    std::uint64_t all = 0, part = 0;
    for (Segment& segment : segments) {
        segment.end = std::min(segment.end, mapped_end(mappings_, segment.first) / kGrain * kGrain);
        if (segment.arena == 0) brk_start_ = segment.start;
        all += segment.end > segment.first ? segment.end - segment.first : 0;
    }
    Walker walker(large_, near_, interrupted_);
    for (const Segment& segment : segments) {
        if (segment.end <= segment.first) continue;
        const std::uint64_t top = heap.books.arenas[segment.arena].top;
        heap.segments.push_back(MT_TRY(walker.walk(segment, top)));
        part += segment.end - segment.first;
        if (options_.progress) options_.progress(part, all);
    }
    std::sort(heap.segments.begin(), heap.segments.end(),
              [](const Walked& a, const Walked& b) { return a.chunks.start() < b.chunks.start(); });
    return {};
}

void Search::count_segment(const Walked& segment, ArenaSums& sums) {
    sums.books_bytes += segment.header_bytes;
    ++sums.segments;
    const ChunkMap& chunks = segment.chunks;
    for (auto chunk = chunks.from(chunks.start()); chunk;
         chunk = chunks.from(chunk->address + chunk->size)) {
        switch (chunk->state) {
            case State::used:
                sums.used.add(chunk->size);
                break;
            case State::cache:
                sums.caches.add(chunk->size);
                break;
            case State::kept:
                sums.cached.add(chunk->size);  // fast bins are taken out of it below
                break;
            case State::binned:
                sums.binned.add(chunk->size);
                sums.free_by_size[static_cast<std::size_t>(std::bit_width(chunk->size) - 1)].add(
                    chunk->size);
                sums.largest_free = std::max(sums.largest_free, chunk->size);
                break;
            case State::top:
                sums.top_bytes += chunk->size;
                sums.largest_free = std::max(sums.largest_free, chunk->size);
                break;
            case State::fence:
                sums.books_bytes += chunk->size;
                break;
            case State::gap:
                sums.gap_bytes += chunk->size;
                break;
            case State::damaged:
                sums.damaged_bytes += chunk->size;
                break;
        }
    }
}

void Search::count(Heap& heap) {
    heap.sums.resize(heap.books.arenas.size());
    for (const Walked& segment : heap.segments) count_segment(segment, heap.sums[segment.arena]);
    MallInfo& info = heap.info;
    for (std::size_t i = 0; i < heap.sums.size(); ++i) {
        ArenaSums& sums = heap.sums[i];
        sums.fast = {heap.caches.fast_count[i], heap.caches.fast_bytes[i]};
        sums.cached.count -= sums.fast.count;
        sums.cached.bytes -= sums.fast.bytes;
        info.arena += heap.books.arenas[i].system_bytes;
        info.ordblks += 1 + sums.binned.count;
        info.smblks += sums.fast.count;
        info.fsmblks += sums.fast.bytes;
        info.fordblks += sums.top_bytes + sums.binned.bytes + sums.fast.bytes;
    }
    info.uordblks = info.arena - info.fordblks;
    info.keepcost = heap.sums.front().top_bytes;
}

Result<Heap> Search::heap_of(Books books) {
    Heap heap;
    heap.books = std::move(books);
    brk_start_ = 0;
    MT_TRY(walk(heap));
    heap.caches =
        MT_TRY(find_caches(near_, heap.books, heap.segments, options_.threads, interrupted_));
    count(heap);
    if (const auto totals = find_totals(near_, heap.books, brk_start_)) {
        heap.knows_totals = true;
        heap.totals = *totals;
        heap.info.hblks = totals->count;
        heap.info.hblkhd = totals->bytes;
    }
    return heap;
}

// Memory of nobody's file and no heap's.
std::vector<MemoryRegion> Search::anonymous(const std::vector<Heap>& heaps) const {
    std::vector<MemoryRegion> taken;
    for (const Heap& heap : heaps)
        for (const Walked& segment : heap.segments)
            taken.push_back({segment.chunks.start() / kPage * kPage, segment.chunks.end()});
    taken = in_order(std::move(taken));
    std::vector<MemoryRegion> left;
    for (const Mapping& mapping : mappings_) {
        const std::string_view path = mapping.path;
        const bool is_anonymous = path.empty() || path.starts_with("[anon");
        if (!mapping.writable || mapping.shared || !is_anonymous) continue;
        std::uint64_t from = mapping.start;
        for (const MemoryRegion& one : taken) {
            if (one.end <= from || one.start >= mapping.end) continue;
            if (one.start > from) left.push_back({from, one.start});
            from = one.end;
        }
        if (from < mapping.end) left.push_back({from, mapping.end});
    }
    return left;
}

// Whose a mapping is nobody can tell where there are two libcs: they are the first one's.
Result<void> Search::find_mappings(std::vector<Heap>& heaps) {
    Heap& first = heaps.front();
    first.mapped = MT_TRY(find_mapped(near_, anonymous(heaps), interrupted_));
    MappedTotals found, told;
    for (const MappedChunk& chunk : first.mapped) ++found.count, found.bytes += chunk.bytes;
    bool knows = true;
    for (const Heap& heap : heaps) {
        knows = knows && heap.knows_totals;
        told.count += heap.totals.count;
        told.bytes += heap.totals.bytes;
    }
    first.mapped_agree = knows && found.count == told.count && found.bytes == told.bytes;
    return {};
}

Result<std::vector<Heap>> Search::find() {
    std::vector<Heap> heaps;
    std::vector<Books> found = MT_TRY(find_books(near_, mappings_, read_, interrupted_));
    heaps.reserve(found.size());
    for (Books& books : found) heaps.push_back(MT_TRY(heap_of(std::move(books))));
    if (!heaps.empty()) MT_TRY(find_mappings(heaps));
    return heaps;
}

// Of the segment's blocks; false: `f` wants no more.
Result<bool> each_of(const Walked& segment, const EachBlock& f, const Interrupted& interrupted) {
    Stride stop(interrupted);
    const ChunkMap& chunks = segment.chunks;
    for (auto chunk = chunks.from(chunks.start()); chunk;
         chunk = chunks.from(chunk->address + chunk->size)) {
        if (stop()) return interrupted_error();
        if (chunk->state != State::used) continue;
        if (!f(chunk->block(), chunk->capacity(), false)) return false;
    }
    return true;
}

}  // namespace

Result<std::vector<Heap>> find_heaps(const ReadFunction& read, const std::vector<Mapping>& mappings,
                                     const HeapOptions& options, const Interrupted& interrupted) {
    return Search(read, mappings, options, interrupted).find();
}

Result<void> each_block(const Heap& heap, const EachBlock& f, const Interrupted& interrupted) {
    auto mapped = heap.mapped.begin();
    const auto mapped_before = [&](std::uint64_t address) {
        for (; mapped != heap.mapped.end() && mapped->start < address; ++mapped)
            if (!f(mapped->block(), mapped->capacity(), !heap.mapped_agree)) return false;
        return true;
    };
    for (const Walked& segment : heap.segments) {
        if (!mapped_before(segment.chunks.start())) return {};
        const bool goes_on = MT_TRY(each_of(segment, f, interrupted));
        if (!goes_on) return {};
    }
    mapped_before(~std::uint64_t{0});
    return {};
}

}  // namespace mt::core::heap
