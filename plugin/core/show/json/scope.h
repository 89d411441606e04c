// SPDX-License-Identifier: MIT
//
// The JSON of mt scope.
#ifndef MEMTRACE_CORE_SHOW_JSON_SCOPE_H
#define MEMTRACE_CORE_SHOW_JSON_SCOPE_H

#include "model/sink.h"
#include "report/scope.h"
#include "show/json/document.h"

namespace mt::core {

// Call by call: a scope keeps a million. What is alive of them is a document of its own.
Result<void> write_json(const ScopeReport& report, const Sink& sink);
Json json_of(const ScopesReport& report);

}  // namespace mt::core

#endif
