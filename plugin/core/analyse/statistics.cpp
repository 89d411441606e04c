// SPDX-License-Identifier: MIT
//
// See statistics.h.
#include "analyse/statistics.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"

namespace mt::core {
namespace {

constexpr std::size_t kPollEvery = 64;  // traces between two looks at the user's Ctrl-C

RowFrame row_frame(const FrameBook& book, FrameId id, std::uint64_t offset,
                   const Grouping& grouping) {
    const Frame& frame = book[id];
    RowFrame row;
    row.label = frame.label;
    row.line = frame.line;
    row.file = frame.file;
    row.function = frame.function;
    row.module = frame.module;
    row.offset = offset;
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
            break;
        default:
            break;
    }
    const bool code = frame.module != 0 || frame.function != 0;
    row.plus_offset = grouping.raw && !frame.has_file() && code && grouping.key != KeyType::module;
    if (!code) row.offset.reset();
    return row;
}

// Collects the frames of one trace, innermost first, and no more than wanted.
class Walk {
  public:
    Walk(Resolver& resolver, SkipRules& skip, const Grouping& grouping)
        : resolver_(resolver), skip_(skip), grouping_(grouping) {
        wanted_ = grouping.key != KeyType::traceback ? 1
                  : grouping.limit == 0              ? abi::kMaxFrames
                                                     : grouping.limit;
    }

    Result<std::vector<RowFrame>> run(const Trace& trace) {
        if (trace.id < abi::kReservedStacks) {
            add(resolver_.symboliser().reserved(trace.id), 0);
            return std::move(rows_);
        }
        collect(trace.node);
        if (auto done = from(0, !grouping_.raw); !done) return tl::make_unexpected(done.error());
        if (rows_.empty() && !pcs_.empty())
            if (auto done = from(first_outside_base(), false); !done)
                return tl::make_unexpected(done.error());
        if (rows_.empty()) add(0, 0);
        return std::move(rows_);
    }

  private:
    void collect(std::uint32_t node) {
        const Table& table = resolver_.table();
        while (node >= abi::kReservedNodes && node < table.nodes.size() &&
               node < table.parents.size() && pcs_.size() < abi::kMaxFrames) {
            pcs_.push_back(table.nodes[node]);
            if (table.parents[node] >= node) break;
            node = table.parents[node];
        }
    }

    const std::string& path_of(Pc pc) const {
        static const std::string none;
        const auto& modules = resolver_.table().modules;
        return pc.module == 0 || pc.module >= modules.size() ? none : modules[pc.module].path;
    }

    void add(FrameId frame, std::uint64_t offset) {
        rows_.push_back(row_frame(resolver_.book(), frame, offset, grouping_));
    }

    // Adds frames from the index-th on; with `skipping`, after the machinery's run.
    Result<void> from(std::size_t index, bool skipping) {
        for (; index < pcs_.size() && rows_.size() < wanted_; ++index) {
            if (skipping && skip_.skips_module(path_of(pcs_[index]))) continue;
            auto location = resolver_.resolve(pcs_[index]);
            if (!location) return tl::make_unexpected(std::move(location.error()));
            for (FrameId frame : (*location)->frames) {
                if (rows_.size() >= wanted_) break;
                if (skipping && skip_.skips_frame(resolver_.book(), frame)) continue;
                skipping = false;
                add(frame, (*location)->offset);
            }
        }
        return {};
    }

    std::size_t first_outside_base() const {
        for (std::size_t i = 0; i < pcs_.size(); ++i)
            if (!skip_.is_base(path_of(pcs_[i]))) return i;
        return 0;
    }

    Resolver& resolver_;
    SkipRules& skip_;
    const Grouping& grouping_;
    std::size_t wanted_ = 1;
    std::vector<Pc> pcs_;
    std::vector<RowFrame> rows_;
};

std::string key_of(const std::vector<RowFrame>& rows) {
    std::string key;
    const auto append = [&key](const auto& value) {
        key.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (const RowFrame& row : rows) {
        append(row.label);
        append(row.line);
        if (row.plus_offset) append(*row.offset);
    }
    return key;
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

// Oldest frame first, as tracemalloc orders tracebacks.
bool traceback_less(const FrameBook& book, const std::vector<RowFrame>& a,
                    const std::vector<RowFrame>& b) {
    return std::lexicographical_compare(
        a.rbegin(), a.rend(), b.rbegin(), b.rend(), [&book](const RowFrame& x, const RowFrame& y) {
            const auto key = [&book](const RowFrame& row) {
                return std::make_tuple(std::string_view(book.text(row.label)), row.line,
                                       row.plus_offset ? *row.offset : 0);
            };
            return key(x) < key(y);
        });
}

}  // namespace

const std::vector<std::string_view>& key_type_names() {
    static const std::vector<std::string_view> names = {"lineno", "filename", "traceback",
                                                        "function", "module"};
    return names;
}

std::optional<KeyType> key_type_of(std::string_view name) {
    const auto& names = key_type_names();
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<KeyType>(i);
    return std::nullopt;
}

std::string_view name_of(KeyType key) { return key_type_names()[static_cast<std::size_t>(key)]; }

Sum sum_of(const std::vector<Statistic>& rows, std::size_t first) {
    Sum sum;
    for (std::size_t i = first; i < rows.size(); ++i) {
        sum.size += rows[i].size;
        sum.count += rows[i].count;
        sum.samples += rows[i].samples;
    }
    return sum;
}

std::int64_t size_of(const Trace& trace, Figures figures) {
    return figures == Figures::live ? trace.size : trace.peak_size;
}

std::int64_t count_of(const Trace& trace, Figures figures) {
    return figures == Figures::live ? trace.count : trace.peak_count;
}

std::int64_t samples_of(const Trace& trace, Figures figures) {
    return figures == Figures::live ? trace.samples : trace.peak_samples;
}

Result<std::vector<RowFrame>> frames_of(Resolver& resolver, SkipRules& skip,
                                        const Grouping& grouping, const Trace& trace) {
    return Walk(resolver, skip, grouping).run(trace);
}

Result<std::vector<Statistic>> statistics(Resolver& resolver, SkipRules& skip,
                                          const Grouping& grouping,
                                          const std::function<bool()>& interrupted) {
    std::vector<Statistic> rows;
    std::unordered_map<std::string, std::size_t> index;
    const auto& traces = resolver.table().traces;
    const std::size_t number = grouping.only != nullptr ? grouping.only->size() : traces.size();
    for (std::size_t n = 0; n < number; ++n) {
        if (interrupted && n % kPollEvery == 0 && interrupted())
            return fail(Code::interrupted, "interrupted");
        const std::size_t i = grouping.only != nullptr ? (*grouping.only)[n] : n;
        const Trace& trace = traces[i];
        const std::int64_t size = size_of(trace, grouping.figures);
        const std::int64_t count = count_of(trace, grouping.figures);
        const bool present = size != 0 || count != 0;
        if (!present && !grouping.totals) continue;
        auto frames = frames_of(resolver, skip, grouping, trace);
        if (!frames) return tl::make_unexpected(std::move(frames.error()));
        const auto [entry, is_new] = index.try_emplace(key_of(*frames), rows.size());
        if (is_new)
            rows.emplace_back().traceback = std::move(*frames);
        else
            keep_common(rows[entry->second].traceback, *frames);
        Statistic& row = rows[entry->second];
        row.size += size;
        row.count += count;
        row.total_size += trace.alloc_bytes;
        row.total_count += trace.alloc_count;
        row.samples += samples_of(trace, grouping.figures);
        row.traces.push_back(static_cast<std::uint32_t>(i));
    }
    std::erase_if(rows, [](const Statistic& row) { return row.size == 0 && row.count == 0; });
    const FrameBook& book = resolver.book();
    std::sort(rows.begin(), rows.end(), [&book](const Statistic& a, const Statistic& b) {
        if (a.size != b.size) return a.size > b.size;
        if (a.count != b.count) return a.count > b.count;
        return traceback_less(book, b.traceback, a.traceback);
    });
    return rows;
}

}  // namespace mt::core
