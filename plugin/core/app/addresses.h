// SPDX-License-Identifier: MIT
//
// From an expression to an address, and what lies at one where no block is. Changes nothing.
#ifndef MEMTRACE_CORE_APP_ADDRESSES_H
#define MEMTRACE_CORE_APP_ADDRESSES_H

#include <cstdint>
#include <string>

#include "model/error.h"
#include "report/blocks.h"
#include "target/debuggee.h"

namespace mt::core {

// A pointer or number is an address, and an array or function is where it lies.
Result<std::uint64_t> address_of(const Value& value);
// A number is one without a frame, and in a core; the debugger evaluates the rest.
Result<std::uint64_t> address_of(Debuggee& debuggee, const std::string& expression);

// `table`: with the modules of the process. Errors: interrupted only.
Result<Place> place_of(Debuggee& debuggee, const Process& process, const Table& table,
                       std::uint64_t address);

}  // namespace mt::core

#endif
