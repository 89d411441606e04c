// SPDX-License-Identifier: MIT
//
// The text of mt scope: a table, sizes rounded as everywhere.
#ifndef MEMTRACE_CORE_SHOW_TEXT_SCOPE_H
#define MEMTRACE_CORE_SHOW_TEXT_SCOPE_H

#include <string>
#include <string_view>

#include "model/sink.h"
#include "report/scope.h"

namespace mt::core {

// Call by call: a scope keeps a million.
Result<void> write_text(const ScopeReport& report, const Sink& sink);
std::string text_of(const ScopesReport& report);
// A line for a call that has just ended.
std::string ended_text(std::string_view name, const ScopeCall& call);

}  // namespace mt::core

#endif
