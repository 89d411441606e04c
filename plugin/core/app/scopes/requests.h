// SPDX-License-Identifier: MIT
//
// What a user asks of scopes: to measure the calls of a function, or from stop to stop.
#ifndef MEMTRACE_CORE_APP_SCOPES_REQUESTS_H
#define MEMTRACE_CORE_APP_SCOPES_REQUESTS_H

#include <cstdint>
#include <optional>
#include <string>

#include "app/session.h"
#include "model/error.h"

namespace mt::core {

struct AskedScope {
    std::string name;  // of the function
    bool stops = false;
    std::optional<KeyType> by;
    std::uint64_t most_calls = 0;  // 0 = as many as are kept
    Whose whose = Whose::own;
    std::optional<std::string> thread;  // of Whose::one, as users call it
};

struct AddedScope {
    Scope scope;
    bool is_tracing = true;  // false: there is a process, and it does not trace
};
Result<AddedScope> measure_function(Session& session, const AskedScope& asked);

// At this stop; the number of the call.
Result<std::uint64_t> begin_scope(Session& session, const std::string& name, bool of_process);

}  // namespace mt::core

#endif
