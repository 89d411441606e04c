// SPDX-License-Identifier: MIT
//
// What LLDB's Python needs of us: the folder of the package memtrace on its path,
// and two C functions that the package calls by ctypes. Answers nothing itself.
#ifndef MEMTRACE_LLDB_PYTHON_H
#define MEMTRACE_LLDB_PYTHON_H

#include <cstdint>

#include <lldb/API/LLDB.h>

#include "memtrace_core.h"

namespace mt::adapter {

// `import memtrace` works in this debugger's scripts; nothing happens in an LLDB
// that was built without Python. Remembers the debugger for calls that name none.
void offer_package(lldb::SBDebugger& debugger);

}  // namespace mt::adapter

extern "C" {

// The number of the session for the debugger's selected target; `debugger` 0: the one
// that loaded us last. 0: there is none.
__attribute__((visibility("default"))) std::uint64_t memtrace_lldb_session(std::uint64_t debugger);

// mtc_query of that session; when it fails, `add` gets the line that says why.
__attribute__((visibility("default"))) int memtrace_lldb_query(std::uint64_t session,
                                                               const char* request,
                                                               mtc_add_text add, void* sink);
}

#endif
