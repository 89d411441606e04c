// SPDX-License-Identifier: MIT
//
// The one signal that the runtime ever takes: SIGBUS, while the table is a file's and the program
// leaves that signal to the kernel. Decides nothing about it.
#ifndef MEMTRACE_OS_FAULT_H
#define MEMTRACE_OS_FAULT_H

namespace mt::runtime::os {

// Called in the handler, with the address that could not be had. False: it is none of ours, and the
// process ends as it would have without us.
using OnFault = bool (*)(const void* address);
// Where the program has said already what is to be done, that stays.
void take_bus_errors(OnFault on_fault);

}  // namespace mt::runtime::os

#endif
