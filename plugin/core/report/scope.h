// SPDX-License-Identifier: MIT
//
// What mt scope has to say, as values: calls, their order, and what they come to together.
#ifndef MEMTRACE_CORE_REPORT_SCOPE_H
#define MEMTRACE_CORE_REPORT_SCOPE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/scope.h"
#include "model/snapshot.h"
#include "report/rows.h"

namespace mt::core {

// The columns of the table, of one call.
ScopeColumns columns_of(const ScopeCall& call);

// Of all these; open ones do not count.
ScopeSummary summary_of(const std::vector<ScopeCall>& calls);

enum class ScopeSort : std::uint8_t { call, allocs, bytes, net, peak, alive };
const std::vector<std::string_view>& scope_sort_names();
// By number, or the most first.
void sort_calls(std::vector<ScopeCall>& calls, ScopeSort sort);

struct ScopeReport {
    std::uint32_t number = 0;  // 0 = the program's own
    std::string name;
    std::string kind;      // "function", "stops" or "program"
    std::string whose;     // "its own thread", …
    bool measures = true;  // more calls are to come
    std::uint64_t open = 0;
    ScopeSummary summary;
    std::vector<ScopeCall> calls;  // in this order
    std::size_t shown = 0;         // 0 = all
    bool has_alive = false;
    std::vector<Remark> remarks;
    // What is alive of the calls' blocks, and by which key.
    std::optional<StatisticsReport> alive;
    std::string alive_by;
};

// All scopes, without their calls.
struct ScopesReport {
    std::vector<ScopeReport> scopes;
    std::vector<Remark> remarks;
};

}  // namespace mt::core

#endif
