// SPDX-License-Identifier: MIT
//
// From the user's words to an address, and what lies at one where no block is. Changes
// nothing.
#ifndef MEMTRACE_CORE_COMMAND_ADDRESSES_H
#define MEMTRACE_CORE_COMMAND_ADDRESSES_H

#include <cstdint>
#include <optional>
#include <string>

#include "command/session.h"
#include "model/error.h"
#include "show/block_report.h"

namespace mt::core {

// A decimal or 0x number; nothing when the text is none.
std::optional<std::uint64_t> address_in(const std::string& text);
// A number is one without a frame, and in a core; the debugger evaluates the rest.
Result<std::uint64_t> address_of(Session& session, const std::string& expression);

// `table`: with the modules of the process. Errors: interrupted only.
Result<Place> place_of(Session& session, const Process& process, const Table& table,
                       std::uint64_t address);

}  // namespace mt::core

#endif
