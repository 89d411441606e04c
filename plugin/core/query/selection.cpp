// SPDX-License-Identifier: MIT
//
// See selection.h.
#include "query/selection.h"

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
Result<void> put_in_order(Queries& queries, Held& held, const TracesOfBlocks& traces) {
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
        MT_TRY(sort_unless_stopped(order.begin(), order.end(), is_before,
                                   queries.session.debuggee().interrupted()));
    held.order = std::move(order);
    return {};
}

void count_totals(Table& table) {
    table.current_size = table.current_count = table.peak_size = table.peak_count = 0;
    for (const Trace& trace : table.traces) {
        table.current_size += trace.size;
        table.current_count += trace.count;
        table.peak_size += trace.peak_size;
        table.peak_count += trace.peak_count;
    }
}

}  // namespace

Result<std::vector<bool>> kept_traces(Queries& queries, Resolver& resolver, const Held& held,
                                      const std::vector<FilterList>& filters) {
    const TracesOfBlocks traces(*held.table);
    TraceFilter filter(resolver.book(), filters);
    FrameWalk walk(resolver, queries.session.debuggee().skip(), held.is_made);
    const std::size_t limit = most_frames(limit_of(held));
    const std::size_t wanted = filter.needs() == TraceFilter::Needs::all ? limit : 1;
    std::vector<bool> kept(traces.not_sampled() + 1);
    for (std::uint32_t i = 0; i < kept.size(); ++i) {
        if (queries.interrupted()) return interrupted_error();
        auto frames = MT_TRY(walk.frames(traces.at(i), wanted));
        kept[i] = filter.keeps(*frames, traces.at(i).domain);
    }
    return kept;
}

Result<void> select(Queries& queries, const Named& named, Held& held, const std::string& key,
                    const std::vector<FilterList>& filters) {
    if (held.selected && held.selected_by == key) return {};
    const TracesOfBlocks traces(*held.table);
    MT_TRY(put_in_order(queries, held, traces));
    if (is_empty(filters)) {
        held.selected.reset();
        return {};
    }
    Resolver resolver = named.resolver(held);
    auto kept = MT_TRY(kept_traces(queries, resolver, held, filters));
    std::vector<std::uint32_t> selected;
    for (std::uint32_t at : held.order)
        if ((kept)[*traces.place_of(held.table->blocks[at])]) selected.push_back(at);
    held.selected = std::move(selected);
    held.selected_by = key;
    return {};
}

Result<std::shared_ptr<Table>> filtered_table(Queries& queries, const Named& named,
                                              const Held& held,
                                              const std::vector<FilterList>& filters) {
    if (is_empty(filters)) return held.table;
    Resolver resolver = named.resolver(held);
    auto kept = MT_TRY(kept_traces(queries, resolver, held, filters));
    auto table = std::make_shared<Table>(*held.table);
    const TracesOfBlocks traces(*held.table);
    std::erase_if(table->blocks, [&](const Block& block) {
        const auto trace = traces.place_of(block);
        return !trace || !(kept)[*trace];
    });
    table->traces.clear();
    for (std::size_t i = 0; i < traces.not_sampled(); ++i)
        if ((kept)[i]) table->traces.push_back(held.table->traces[i]);
    count_totals(*table);
    return table;
}

}  // namespace mt::core
