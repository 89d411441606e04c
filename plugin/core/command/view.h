// SPDX-License-Identifier: MIT
//
// What the options of a statistics command mean: which traces, grouped and shown
// how. Looks at the words only; reads no table and no program.
#ifndef MEMTRACE_CORE_COMMAND_VIEW_H
#define MEMTRACE_CORE_COMMAND_VIEW_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/statistics.h"
#include "command/parse.h"
#include "model/error.h"

namespace mt::core {

struct Settings {
    std::size_t rows = 10;
    bool source = false;
    bool direct = true;
};

struct View {
    Grouping grouping;
    std::size_t rows = 0;  // 0 = all
    bool json = false;
    bool source = false;
    bool shares = false;  // as mt traceback shows rows
    // Of a shown traceback: n > 0 the n most recent frames, n < 0 the -n oldest ones.
    std::optional<std::int64_t> limit;
    bool most_recent_first = false;
    // As they were typed; what they mean for a table is found by block_view.h.
    std::string since, until;
    std::vector<std::string> threads;
    std::vector<Remark> remarks;  // about the view

    // Some traces are left out.
    bool is_filtered() const {
        return grouping.only != nullptr || !grouping.filters.empty() ||
               grouping.blocks.needs_blocks() || !grouping.threads.empty();
    }
};

Result<View> view_of(const Settings& settings, const Arguments& arguments);

// "GLOB" or "GLOB:LINE", as --filter takes it.
Result<Filter> filter_of(std::string_view option, std::string_view text);

}  // namespace mt::core

#endif
