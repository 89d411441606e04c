// SPDX-License-Identifier: MIT
//
// Where dlopen may be called: by a thread that holds nothing which dlopen needs. That is one at
// the entry of an allocation function, or one that waits in a plain system call, with no frame of
// the allocator, the loader, a signal handler or fork on its stack. Everywhere else it deadlocks
// or tears a list (13 deadlocks and a crash in 100 stops at random). Calls nothing.
#ifndef MEMTRACE_CORE_APP_ATTACH_SAFE_POINT_H
#define MEMTRACE_CORE_APP_ATTACH_SAFE_POINT_H

#include <cstdint>
#include <string>
#include <vector>

#include "app/attach/places.h"
#include "model/error.h"
#include "target/debuggee.h"

namespace mt::core {

// Why this stack will not do, in a few words ("it is in malloc"); "" = it will. `at_entry`: its
// innermost frame is the first instruction of an allocation function.
std::string stack_obstacle(const Places& places, const std::vector<Caller>& stack, bool at_entry);

struct SafePoint {
    std::uint32_t thread = 0;  // its number in the debugger
    bool was_run_to = false;   // the program was let run for it
};
// Without letting the program run: a thread that waits in a system call. Thread 0: none is.
Result<SafePoint> waiting_thread(Debuggee& debuggee, const BareProcess& process,
                                 const Places& places, std::string& obstacle);
// That, or let it run to an allocation function, for five seconds at most. Errors say what is in
// the way of the thread that was looked at last.
Result<SafePoint> find_safe_point(Debuggee& debuggee, const BareProcess& process,
                                  const Places& places);

}  // namespace mt::core

#endif
