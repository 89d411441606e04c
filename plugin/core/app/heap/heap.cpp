// SPDX-License-Identifier: MIT
//
// See heap.h.
#include "app/heap/heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "app/heap/troubles.h"
#include "symbols/name.h"
#include "target/heaps.h"

namespace mt::core {
namespace {

Amount amount_of(const heap::Sum& sum) {
    return {static_cast<std::int64_t>(sum.bytes), static_cast<std::int64_t>(sum.count)};
}
void add(Amount& to, const Amount& amount) {
    to.size += amount.size;
    to.count += amount.count;
}

HeapArena arena_of(const heap::Arena& arena, const heap::ArenaSums& sums) {
    HeapArena row;
    row.address = arena.address;
    row.is_locked = arena.is_locked;
    row.system_bytes = static_cast<std::int64_t>(arena.system_bytes);
    row.used = amount_of(sums.used);
    row.cached = amount_of(sums.cached);
    row.free = amount_of(sums.binned);
    add(row.free, amount_of(sums.fast));
    row.free.size += static_cast<std::int64_t>(sums.top_bytes);
    row.largest_free = static_cast<std::int64_t>(sums.largest_free);
    row.segments = sums.segments;
    return row;
}

void add_arena(HeapOfOne& one, const heap::Arena& arena, const heap::ArenaSums& sums) {
    one.arenas.push_back(arena_of(arena, sums));
    const HeapArena& row = one.arenas.back();
    add(one.used, row.used);
    add(one.cached, row.cached);
    add(one.binned, amount_of(sums.binned));
    add(one.fast, amount_of(sums.fast));
    one.system_bytes += row.system_bytes;
    one.top_bytes += static_cast<std::int64_t>(sums.top_bytes);
    one.books_bytes += static_cast<std::int64_t>(sums.books_bytes + sums.caches.bytes);
    one.gap_bytes += static_cast<std::int64_t>(sums.gap_bytes);
    one.largest_free = std::max(one.largest_free, row.largest_free);
}

std::vector<HeapFreeClass> free_classes(const heap::Heap& heap) {
    std::vector<HeapFreeClass> classes;
    for (std::size_t bit = 0; bit < 63; ++bit) {
        heap::Sum sum;
        for (const heap::ArenaSums& sums : heap.sums) sum.add(sums.free_by_size[bit]);
        if (sum.count != 0) classes.push_back({std::int64_t{1} << bit, amount_of(sum)});
    }
    return classes;
}

HeapOfOne heap_of(const heap::Heap& heap, const std::vector<ThreadAt>& threads) {
    HeapOfOne one;
    one.module = std::string(base_name(heap.books.module));
    for (std::size_t i = 0; i < heap.sums.size(); ++i)
        add_arena(one, heap.books.arenas[i], heap.sums[i]);
    for (const heap::MappedChunk& chunk : heap.mapped) {
        ++one.mapped.count;
        one.mapped.size += static_cast<std::int64_t>(chunk.bytes);
    }
    for (const heap::ThreadCache& cache : heap.caches.threads) {
        HeapCache row;
        row.blocks = {static_cast<std::int64_t>(cache.bytes),
                      static_cast<std::int64_t>(cache.count)};
        row.thread = cache.thread;
        for (const ThreadAt& thread : threads)
            if (cache.thread != 0 && thread.number == cache.thread) row.tid = thread.tid;
        one.caches.push_back(row);
    }
    one.free_classes = free_classes(heap);
    one.troubles = troubles_of(heap);
    const heap::MallInfo& info = heap.info;
    one.mallinfo = {
        {"arena", info.arena},       {"ordblks", info.ordblks},   {"smblks", info.smblks},
        {"hblks", info.hblks},       {"hblkhd", info.hblkhd},     {"fsmblks", info.fsmblks},
        {"uordblks", info.uordblks}, {"fordblks", info.fordblks}, {"keepcost", info.keepcost}};
    return one;
}

void add_remarks(const std::vector<heap::Heap>& heaps, std::vector<Remark>& remarks) {
    const heap::Heap& first = heaps.front();
    if (heaps.size() > 1)
        remarks.push_back({"several-heaps",
                           "the process has several libcs; blocks with a mapping of their own are "
                           "shown with the first",
                           heaps.size()});
    if (!first.mapped_agree && first.knows_totals)
        remarks.push_back(
            {"mappings-differ",
             fmt::format("malloc counts {} blocks with a mapping of their own; what looks like one "
                         "may be none",
                         first.totals.count),
             first.totals.count});
    if (!first.knows_totals)
        remarks.push_back({"mappings-unsure",
                           "malloc's own count of mappings was not found: what looks like a block "
                           "with one may be none",
                           0});
}

}  // namespace

Result<HeapReport> heap_report(Debuggee& debuggee, bool checks) {
    const BareProcess process = MT_TRY(debuggee.bare_process());
    const std::vector<heap::Heap> heaps =
        MT_TRY(find_heaps(debuggee.debugger(), *process.memory, debuggee.interrupted()));
    const std::vector<ThreadAt> threads = MT_TRY(debuggee.debugger().threads());
    HeapReport report;
    report.lists_troubles = checks;
    for (const heap::Heap& one : heaps) report.heaps.push_back(heap_of(one, threads));
    add_remarks(heaps, report.remarks);
    return report;
}

}  // namespace mt::core
