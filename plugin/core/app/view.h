// SPDX-License-Identifier: MIT
//
// What a report is to be about, and how much of it is to be shown: which traces, grouped
// how, which rows and frames. What the options of a command mean, as values.
#ifndef MEMTRACE_CORE_APP_VIEW_H
#define MEMTRACE_CORE_APP_VIEW_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyse/statistics.h"
#include "model/snapshot.h"

namespace mt::core {

// How people are shown rows: as a table at a terminal and as text elsewhere, or always so.
enum class ShowStyle : std::uint8_t { automatic, text, table };

struct Settings {
    std::size_t rows = 10;
    bool source = false;
    ShowStyle style = ShowStyle::automatic;
};

struct View {
    Grouping grouping;
    std::size_t rows = 0;  // 0 = all
    bool source = false;
    bool shares = false;  // as mt traceback shows rows
    // Of a shown traceback: n > 0 the n most recent frames, n < 0 the -n oldest ones.
    std::optional<std::int64_t> limit;
    bool most_recent_first = false;
    // As users call marks and threads; which these are in a table is found by choice.h.
    std::string since, until;
    std::vector<std::string> threads;
    std::string type;             // a shell pattern for a whole name; empty = any
    std::vector<Remark> remarks;  // about the view

    // Some traces are left out.
    bool is_filtered() const {
        return grouping.only != nullptr || !grouping.filters.empty() ||
               grouping.blocks.needs_blocks() || !grouping.threads.empty();
    }
    // What a table must hold for it.
    bool needs_blocks() const {
        const bool by_stamp =
            !since.empty() || !until.empty() || (!threads.empty() && !is_total(grouping.sort));
        return grouping.blocks.min_size != 0 || is_size(grouping.key) || by_stamp || needs_types();
    }
    bool needs_types() const { return grouping.key == KeyType::type || !type.empty(); }
    bool needs_thread_traces() const { return !threads.empty() && is_total(grouping.sort); }
};

}  // namespace mt::core

#endif
