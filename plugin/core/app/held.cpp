// SPDX-License-Identifier: MIT
//
// See held.h.
#include "app/held.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "abi/layout.h"
#include "analyse/block_filter.h"
#include "analyse/filter.h"
#include "analyse/frames.h"
#include "app/reports/frames.h"

namespace mt::core {
namespace {

bool is_empty(const std::vector<FilterList>& filters) {
    return std::all_of(filters.begin(), filters.end(),
                       [](const FilterList& list) { return list.empty(); });
}

// By traceback, then size: the same before and after a snapshot was a file. Made ones
// keep the order in which they were given.
Result<void> put_in_order(Debuggee& debuggee, Held& held, const TracesOfBlocks& traces) {
    const std::vector<Block>& blocks = held.table->blocks;
    if (!held.order.empty() || blocks.empty()) return {};
    const auto trace_of = [&](std::uint32_t at) { return traces.place_of(blocks[at]); };
    std::vector<std::uint32_t> order(blocks.size());
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](std::uint32_t at) { return !trace_of(at); });
    const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
        return std::make_tuple(trace_of(a), blocks[a].size, a) <
               std::make_tuple(trace_of(b), blocks[b].size, b);
    };
    if (!held.is_made)
        MT_TRY(sort_unless_stopped(order.begin(), order.end(), is_before, debuggee.interrupted()));
    held.order = std::move(order);
    return {};
}

// Which tracebacks the filters keep, by their places in TracesOfBlocks.
Result<std::vector<bool>> kept_traces(const Named& named, const Held& held,
                                      const std::vector<FilterList>& filters) {
    Resolver resolver = named.resolver(held);
    const TracesOfBlocks traces(*held.table);
    TraceFilter filter(resolver.book(), filters);
    FrameWalk walk(resolver, named.debuggee().skip(), held.is_made);
    const std::size_t limit = most_frames(held.limit());
    const std::size_t wanted = filter.needs() == TraceFilter::Needs::all ? limit : 1;
    std::vector<bool> kept(traces.not_sampled() + 1);
    for (std::uint32_t i = 0; i < kept.size(); ++i) {
        if (named.debuggee().wants_stop()) return interrupted_error();
        auto frames = MT_TRY(walk.frames(traces.at(i), wanted));
        kept[i] = filter.keeps(*frames, traces.at(i).domain);
    }
    return kept;
}

}  // namespace

Result<Held> take_held(Debuggee& debuggee) {
    const Process process = MT_TRY(debuggee.process());
    if (!process.status.tracing)
        return fail(Code::refused,
                    "the tracemalloc module must be tracing memory allocations to take a snapshot");
    ReadOptions options;
    options.blocks = true;
    Held held;
    held.table = MT_TRY(read_now(process, options));
    held.table->has_blocks = true;  // also of one that has had no event yet
    Resolver resolver = debuggee.resolver(*held.table, &process);
    MT_TRY(statistics(resolver, debuggee.skip(), {}, debuggee.interrupted()));
    return held;
}

tl::unexpected<Error> no_blocks(std::string_view missed) {
    return fail(Code::refused,
                fmt::format("this snapshot has no blocks, and so no {}; mt snapshot takes them "
                            "with --blocks, take_snapshot() always",
                            missed));
}

Result<Named> Named::of(Debuggee& debuggee, const std::vector<Held*>& held) {
    Named named(debuggee);
    std::vector<Table*> tables;
    for (Held* one : held)
        if (one->table->names == nullptr) tables.push_back(one->table.get());
    if (tables.empty()) return named;
    named.process_ = MT_TRY(debuggee.same_process(tables));
    return named;
}

Result<std::vector<Statistic>> rows_of(const Named& named, const Held& held, Grouping grouping) {
    if (is_size(grouping.key) && !held.table->has_blocks) return no_blocks("sizes");
    grouping.raw = held.is_made;
    grouping.totals = true;
    grouping.limit = held.limit();
    Resolver resolver = named.resolver(held);
    Debuggee& debuggee = named.debuggee();
    return statistics(resolver, debuggee.skip(), grouping, debuggee.interrupted());
}

Result<void> select(const Named& named, Held& held, const std::string& key,
                    const std::vector<FilterList>& filters) {
    if (held.selected && held.selected_by == key) return {};
    const TracesOfBlocks traces(*held.table);
    MT_TRY(put_in_order(named.debuggee(), held, traces));
    if (is_empty(filters)) {
        held.selected.reset();
        return {};
    }
    const std::vector<bool> kept = MT_TRY(kept_traces(named, held, filters));
    std::vector<std::uint32_t> selected;
    for (std::uint32_t at : held.order)
        if (kept[*traces.place_of(held.table->blocks[at])]) selected.push_back(at);
    held.selected = std::move(selected);
    held.selected_by = key;
    return {};
}

Result<std::shared_ptr<Table>> filtered_table(const Named& named, const Held& held,
                                              const std::vector<FilterList>& filters) {
    if (is_empty(filters)) return held.table;
    const std::vector<bool> kept = MT_TRY(kept_traces(named, held, filters));
    auto table = std::make_shared<Table>(*held.table);
    const TracesOfBlocks traces(*held.table);
    std::erase_if(table->blocks, [&](const Block& block) {
        const auto trace = traces.place_of(block);
        return !trace || !kept[*trace];
    });
    table->traces.clear();
    for (std::size_t i = 0; i < traces.not_sampled(); ++i)
        if (kept[i]) table->traces.push_back(held.table->traces[i]);
    table->count_totals();
    return table;
}

}  // namespace mt::core
