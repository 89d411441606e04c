// SPDX-License-Identifier: MIT
//
// What there is to show of scopes: the list, and the calls of one; the program's own
// (memtrace_scope_begin) too.
#ifndef MEMTRACE_CORE_APP_SCOPES_REPORTS_H
#define MEMTRACE_CORE_APP_SCOPES_REPORTS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/reports/rows.h"
#include "app/session.h"
#include "model/error.h"
#include "model/scope.h"
#include "report/scope.h"

namespace mt::core {

struct CallsWanted {
    ScopeSort sort = ScopeSort::call;
    std::size_t rows = 0;  // 0 = all
    std::optional<std::uint64_t> number;
    std::optional<KeyType> by;  // what is alive of the calls' blocks
    bool by_own_key = false;    // where the scope was made with one
    bool totals = false;        // Grouping::totals, of that
};

// Whose allocations a scope is about, in words.
std::string whose_text(const Scope& scope);

Result<ScopesReport> scopes_report(Session& session);

// The calls, and what to remember of the report after it has been shown.
struct MadeScope {
    ScopeReport report;
    std::optional<MadeReport> alive;  // without its report, which is in the scope's
};
Result<MadeScope> scope_report(Session& session, const std::string& name,
                               const CallsWanted& wanted);
void remember(Session& session, MadeScope made);
// There is such a scope, ours or the program's.
Result<bool> is_scope(Session& session, const std::string& name);

}  // namespace mt::core

#endif
