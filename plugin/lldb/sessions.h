// SPDX-License-Identifier: MIT
//
// The sessions of all debuggers in this process, one per target. Finds the one that a
// command is for and forgets those whose target was deleted.
#ifndef MEMTRACE_LLDB_SESSIONS_H
#define MEMTRACE_LLDB_SESSIONS_H

#include <cstdint>
#include <memory>

#include <lldb/API/LLDB.h>

#include "session.h"

namespace mt::adapter {

// The session of the debugger's selected target; nullptr: the core refused us. Another
// thread may forget it meanwhile, so it is shared.
std::shared_ptr<Session> session_of(lldb::SBDebugger& debugger);
// The one of this number (Session::number); nullptr: its target was deleted.
std::shared_ptr<Session> session_with(std::uint64_t number);

}  // namespace mt::adapter

#endif
