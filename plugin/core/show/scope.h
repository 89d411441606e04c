// SPDX-License-Identifier: MIT
//
// What mt scope has to say, as values, and its two forms: a table for people and one
// JSON document (schema 1). Measures nothing.
#ifndef MEMTRACE_CORE_SHOW_SCOPE_H
#define MEMTRACE_CORE_SHOW_SCOPE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/scope.h"
#include "model/sink.h"
#include "model/snapshot.h"

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
};

// Call by call: a scope keeps a million. Errors: the sink's.
Result<void> scope_text(const ScopeReport& report, const Sink& sink);
Result<void> scope_json(const ScopeReport& report, const Sink& sink);
std::string scopes_text(const std::vector<ScopeReport>& list, const std::vector<Remark>& remarks);
std::string scopes_json(const std::vector<ScopeReport>& list, const std::vector<Remark>& remarks);
// A line for a call that has just ended.
std::string ended_text(std::string_view name, const ScopeCall& call);

}  // namespace mt::core

#endif
