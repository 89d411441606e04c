// SPDX-License-Identifier: MIT
//
// What a user asks of the conditions of mt break: to add one, to enable, disable and delete.
// After each the process has what is enabled.
#ifndef MEMTRACE_CORE_APP_BREAKS_REQUESTS_H
#define MEMTRACE_CORE_APP_BREAKS_REQUESTS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/session.h"
#include "model/error.h"
#include "report/condition.h"

namespace mt::core {

// A condition, but for what has to be found in the process.
struct AskedCondition {
    Condition condition;
    std::optional<std::string> thread;  // as users call it
    std::optional<std::string> block;   // an address, as an expression
};

struct AddedCondition {
    Condition condition;
    bool waits = false;           // it is armed as soon as the runtime is loaded
    std::vector<Remark> remarks;  // what the user may not expect of it
};
Result<AddedCondition> add_condition(Session& session, AskedCondition asked);

enum class Change : std::uint8_t { enable, disable, erase };
Result<void> change_condition(Session& session, std::uint32_t number, Change change);

}  // namespace mt::core

#endif
