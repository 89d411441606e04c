// SPDX-License-Identifier: MIT
//
// The sessions of all debuggers in this process, one per target. Finds the one that a
// command is for and forgets those whose target was deleted.
#ifndef MEMTRACE_LLDB_SESSIONS_H
#define MEMTRACE_LLDB_SESSIONS_H

#include <lldb/API/LLDB.h>

#include "session.h"

namespace mt::adapter {

// The session of the debugger's selected target; nullptr: the core refused us.
Session* session_of(lldb::SBDebugger& debugger);

}  // namespace mt::adapter

#endif
