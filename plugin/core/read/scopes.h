// SPDX-License-Identifier: MIT
//
// A program's own scopes (memtrace_scope_begin): what its calls have done, by name. As
// reader.h says of all input: a stranger may have written it.
#ifndef MEMTRACE_CORE_READ_SCOPES_H
#define MEMTRACE_CORE_READ_SCOPES_H

#include <cstdint>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/scope.h"
#include "source/memory.h"

namespace mt::core {

// In the order in which the names were first used.
Result<std::vector<ProgramScope>> read_scopes(Memory& memory, const Status& status);

}  // namespace mt::core

#endif
