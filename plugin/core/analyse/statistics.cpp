// SPDX-License-Identifier: MIT
//
// See statistics.h.
#include "analyse/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"
#include "analyse/by_size.h"
#include "analyse/by_thread.h"
#include "model/wrapping.h"

namespace mt::core {
namespace {

RowFrame row_frame(const FrameBook& book, const TraceFrame& at, const Grouping& grouping) {
    const Frame& frame = book[at.id];
    RowFrame row = row_of(book, at, grouping.raw);
    switch (grouping.key) {
        case KeyType::filename:
            row.line = 0;
            break;
        case KeyType::function:
            row.label = frame.function_label;
            row.line = 0;
            break;
        case KeyType::module:
            row.label = frame.module == 0 ? frame.label : frame.module;
            row.line = 0;
            row.file = 0;
            row.plus_offset = false;
            break;
        default:
            break;
    }
    return row;
}

RowFrame domain_frame(FrameBook& book, std::uint32_t domain) {
    RowFrame row;
    row.label = book.text(fmt::format("domain {}", domain));
    row.line = domain;
    return row;
}

// A row of blocks, by the key that blocks_by() or totals_by_thread() has for it.
RowFrame frame_of_blocks(FrameBook& book, const Table& table, KeyType by, std::uint64_t key) {
    RowFrame row;
    if (by == KeyType::thread) {
        row.line = static_cast<std::uint32_t>(key);
        row.label = book.text(thread_title(table, row.line));
    } else if (by == KeyType::type) {
        const BlockType type = BlockType::of(static_cast<std::uint32_t>(key));
        row.offset = key;
        row.label = type.name != 0 ? type.name : book.text("unknown type");
        row.function = book.text(kTypeSourceNames[static_cast<std::size_t>(type.source)]);
    } else {
        row.offset = key;
        row.label = book.text(size_title(size_range(key, by == KeyType::exact_size)));
    }
    return row;
}

// What a row says beyond its key holds for all of its traces, or is not said.
void keep_common(std::vector<RowFrame>& into, const std::vector<RowFrame>& other) {
    for (std::size_t i = 0; i < into.size() && i < other.size(); ++i) {
        if (into[i].file != other[i].file) into[i].file = 0;
        if (into[i].function != other[i].function) into[i].function.reset();
        if (into[i].module != other[i].module) into[i].module.reset();
        if (into[i].offset != other[i].offset) into[i].offset.reset();
    }
}

// Rows as they grow, found by their key.
class Rows {
  public:
    void charge(std::vector<RowFrame> traceback, const Trace& trace, const LiveFigures& live,
                std::uint32_t index) {
        const auto [entry, is_new] = index_.try_emplace(key_of(traceback), rows_.size());
        if (is_new)
            rows_.emplace_back().traceback = std::move(traceback);
        else
            keep_common(rows_[entry->second].traceback, traceback);
        Statistic& row = rows_[entry->second];
        row.size = add(row.size, live.size);
        row.count = add(row.count, live.count);
        row.samples = add(row.samples, live.samples);
        row.held_size = add(row.held_size, live.held_size);
        row.held_count = add(row.held_count, live.held_count);
        row.total_size += trace.alloc_bytes;
        row.total_count += trace.alloc_count;
        row.temporary_count += trace.temporary_count;
        // A cumulative row may be charged twice by one trace.
        if (row.traces.empty() || row.traces.back() != index) row.traces.push_back(index);
    }

    void put(std::vector<RowFrame> traceback, RowOfBlocks blocks) {
        Statistic& row = rows_.emplace_back();
        row.traceback = std::move(traceback);
        row.size = blocks.live.size;
        row.count = blocks.live.count;
        row.samples = blocks.live.samples;
        row.held_size = blocks.live.held_size;
        row.held_count = blocks.live.held_count;
        row.total_size = blocks.total_size;
        row.total_count = blocks.total_count;
        row.traces = std::move(blocks.traces);
    }

    Result<std::vector<Statistic>> sorted(const FrameBook& book, Sort sort,
                                          const Interrupted& interrupted) {
        std::erase_if(rows_, [sort](const Statistic& row) {
            return row.size == 0 && row.count == 0 && !(is_total(sort) && row.total_count != 0);
        });
        const auto is_before = [&book, sort](const auto& a, const auto& b) {
            const auto of_a = order(a, sort), of_b = order(b, sort);
            if (of_a != of_b) return of_a > of_b;
            return traceback_less(book, b.traceback, a.traceback);
        };
        MT_TRY(sort_unless_stopped(rows_.begin(), rows_.end(), is_before, interrupted));
        return std::move(rows_);
    }

  private:
    using Order = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
    static Order order(const Statistic& row, Sort sort) {
        switch (sort) {
            case Sort::size:
                return {0, 0, add(row.size, row.held_size), add(row.count, row.held_count)};
            case Sort::count:
                return {0, 0, add(row.count, row.held_count), add(row.size, row.held_size)};
            case Sort::total_size:
                return {row.total_size, row.total_count, row.size, row.count};
            case Sort::total_count:
                break;
        }
        return {row.total_count, row.total_size, row.count, row.size};
    }

    std::vector<Statistic> rows_;
    std::unordered_map<std::string, std::size_t> index_;
};

// One table on its way into rows.
class Work {
  public:
    Work(Resolver& resolver, SkipRules& skip, const Grouping& grouping)
        : resolver_(resolver),
          grouping_(grouping),
          walk_(resolver, skip, grouping.raw, grouping.hides),
          whole_walk_(resolver, skip, grouping.raw),
          filter_(resolver.book(), grouping.filters) {
        limit_ = grouping.limit == 0 ? abi::kMaxFrames : grouping.limit;
        if (!grouping.threads.empty())
            of_threads_ = traces_of_threads(resolver.table(), grouping.threads);
    }

    // Before the first trace.
    Result<void> count_blocks(const Interrupted& interrupted) {
        if (!grouping_.blocks.needs_blocks()) return {};
        of_blocks_ = MT_TRY(figures_of_blocks(resolver_.table(), grouping_.blocks, interrupted));
        return {};
    }

    Result<bool> keeps(std::uint32_t index) {
        const Trace& trace = resolver_.table().traces[index];
        return keeps(trace);
    }

    Result<void> add(std::vector<RowOfBlocks> rows, const Interrupted& interrupted) {
        Stride stop(interrupted);
        FrameBook& book = resolver_.symboliser().book();
        for (RowOfBlocks& row : rows) {
            if (stop()) return interrupted_error();
            const auto frame = frame_of_blocks(book, resolver_.table(), grouping_.key, row.key);
            rows_.put({frame}, std::move(row));
        }
        return {};
    }

    Result<void> add(std::uint32_t index) {
        const Trace& trace = counted(index);
        const LiveFigures live = live_of(trace, index);
        const bool present = live.size != 0 || live.count != 0;
        if (!present && !grouping_.totals && !is_total(grouping_.sort)) return {};
        if (!MT_TRY(keeps(trace))) return {};
        if (grouping_.key == KeyType::domain) {
            charge_domain(trace, live, index);
            return {};
        }
        const bool all = grouping_.key == KeyType::traceback || grouping_.cumulative;
        auto frames = MT_TRY(walk_.frames(trace, all ? limit_ : 1));
        charge(*frames, trace, live, index);
        return {};
    }

    Result<std::vector<Statistic>> sorted(const Interrupted& interrupted) {
        return rows_.sorted(resolver_.book(), grouping_.sort, interrupted);
    }

  private:
    // With the frames of its own and the figures that are asked for.
    const Trace& counted(std::uint32_t index) {
        const Trace& trace = resolver_.table().traces[index];
        if (of_threads_.empty()) return trace;
        Trace& part = of_threads_[index];
        std::tie(part.id, part.domain, part.node, part.end, part.total_frames) =
            std::tie(trace.id, trace.domain, trace.node, trace.end, trace.total_frames);
        return part;
    }

    LiveFigures live_of(const Trace& trace, std::uint32_t index) const {
        if (grouping_.blocks.needs_blocks()) return of_blocks_[index];
        if (grouping_.figures == Figures::peak)
            return {trace.peak_size, trace.peak_count, trace.peak_samples};
        return {trace.size, trace.count, trace.samples};
    }

    // A filter sees frames that are not shown, too.
    Result<bool> keeps(const Trace& trace) {
        if (filter_.needs() == TraceFilter::Needs::nothing) return filter_.keeps({}, trace.domain);
        const bool all = filter_.needs() == TraceFilter::Needs::all;
        auto frames = MT_TRY(whole_walk_.frames(trace, all ? limit_ : 1));
        return filter_.keeps(*frames, trace.domain);
    }

    void charge_domain(const Trace& trace, const LiveFigures& live, std::uint32_t index) {
        rows_.charge({domain_frame(resolver_.symboliser().book(), trace.domain)}, trace, live,
                     index);
    }

    void charge(const std::vector<TraceFrame>& frames, const Trace& trace, const LiveFigures& live,
                std::uint32_t index) {
        std::vector<RowFrame> row;
        const bool whole = grouping_.key == KeyType::traceback;
        for (const TraceFrame& frame : frames) {
            row.push_back(row_frame(resolver_.book(), frame, grouping_));
            if (whole) continue;
            rows_.charge(std::move(row), trace, live, index);
            row.clear();
            if (!grouping_.cumulative) return;
        }
        if (whole) rows_.charge(std::move(row), trace, live, index);
    }

    Resolver& resolver_;
    const Grouping& grouping_;
    FrameWalk walk_, whole_walk_;
    TraceFilter filter_;
    std::size_t limit_;
    std::vector<LiveFigures> of_blocks_;
    std::vector<Trace> of_threads_;
    Rows rows_;
};

// Live blocks. Where their threads are not known, what the threads' counters say.
Result<std::vector<RowOfBlocks>> rows_of_blocks(Work& work, const Table& table,
                                                const Grouping& grouping,
                                                const Interrupted& interrupted) {
    const bool by_thread = grouping.key == KeyType::thread;
    if (grouping.key == KeyType::type && !table.has_types)
        return fail(Code::usage,
                    "types are known where they were asked for at the time: mt snapshot --by type");
    if (by_thread && !has_threads_of_blocks(table, grouping)) return totals_by_thread(table);
    const bool exact = grouping.key == KeyType::exact_size;
    const auto key = [&](const Block& block) -> std::uint64_t {
        if (grouping.key == KeyType::type) return table.type_of(block);
        return by_thread ? thread_of(table, block) : size_range(block.size, exact).least;
    };
    const auto keeps = [&](std::uint32_t index) -> Result<bool> {
        if (interrupted && interrupted()) return interrupted_error();
        return work.keeps(index);
    };
    return blocks_by(table, grouping.blocks, key, keeps, interrupted);
}

}  // namespace

bool has_threads_of_blocks(const Table& table, const Grouping& grouping) {
    return table.has_blocks && table.has_stamps && !is_total(grouping.sort);
}

const std::vector<std::string_view>& key_type_names() {
    static const std::vector<std::string_view> names = {
        "lineno", "filename", "traceback", "function",   "module",
        "domain", "thread",   "size",      "size=exact", "type"};
    return names;
}

std::optional<KeyType> key_type_of(std::string_view name) {
    const auto& names = key_type_names();
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<KeyType>(i);
    return std::nullopt;
}

std::string_view name_of(KeyType key) { return key_type_names()[static_cast<std::size_t>(key)]; }

const std::vector<std::string_view>& sort_names() {
    static const std::vector<std::string_view> names = {"size", "count", "total-size",
                                                        "total-count"};
    return names;
}

Sum sum_of(const std::vector<Statistic>& rows, std::size_t first) {
    Sum sum;
    for (std::size_t i = first; i < rows.size(); ++i) {
        sum.size = add(sum.size, rows[i].size);
        sum.count = add(sum.count, rows[i].count);
        sum.samples = add(sum.samples, rows[i].samples);
        sum.held_size = add(sum.held_size, rows[i].held_size);
        sum.held_count = add(sum.held_count, rows[i].held_count);
        sum.total_size += rows[i].total_size;
        sum.total_count += rows[i].total_count;
        sum.temporary_count += rows[i].temporary_count;
    }
    return sum;
}

std::string key_of(const std::vector<RowFrame>& traceback) {
    std::string key;
    const auto append = [&key](const auto& value) {
        key.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (const RowFrame& frame : traceback) {
        append(frame.label);
        append(frame.line);
        if (frame.plus_offset) append(*frame.offset);
    }
    return key;
}

bool traceback_less(const FrameBook& book, const std::vector<RowFrame>& a,
                    const std::vector<RowFrame>& b) {
    return std::lexicographical_compare(
        a.rbegin(), a.rend(), b.rbegin(), b.rend(), [&book](const RowFrame& x, const RowFrame& y) {
            // Each text has one number; most tracebacks begin in the same files.
            if (x.label != y.label) return book.text(x.label) < book.text(y.label);
            const auto key = [](const RowFrame& row) {
                return std::make_pair(row.line, row.plus_offset ? *row.offset : 0);
            };
            return key(x) < key(y);
        });
}

Result<std::vector<Statistic>> statistics(Resolver& resolver, SkipRules& skip,
                                          const Grouping& grouping,
                                          const Interrupted& interrupted) {
    Work work(resolver, skip, grouping);
    if (is_of_blocks(grouping.key)) {
        auto rows = MT_TRY(rows_of_blocks(work, resolver.table(), grouping, interrupted));
        MT_TRY(work.add(std::move(rows), interrupted));
        return work.sorted(interrupted);
    }
    MT_TRY(work.count_blocks(interrupted));
    const std::size_t number =
        grouping.only != nullptr ? grouping.only->size() : resolver.table().traces.size();
    for (std::size_t n = 0; n < number; ++n) {
        if (interrupted && interrupted()) return interrupted_error();
        const auto index =
            grouping.only != nullptr ? (*grouping.only)[n] : static_cast<std::uint32_t>(n);
        MT_TRY(work.add(index));
    }
    return work.sorted(interrupted);
}

}  // namespace mt::core
