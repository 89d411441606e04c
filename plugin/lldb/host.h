// SPDX-License-Identifier: MIT
//
// The LLDB that loaded us: which newer SB methods it has, and where we lie on disk.
// A method that an older LLDB lacks is called only after its question here says yes.
#ifndef MEMTRACE_LLDB_HOST_H
#define MEMTRACE_LLDB_HOST_H

#include <string>

namespace mt::adapter {

bool host_has_core_file();
bool host_has_interrupt_requested();
bool host_has_result_get();

// Folder that holds libmemtrace.so: the parent of the one this plugin lies in.
std::string library_directory();

}  // namespace mt::adapter

#endif
