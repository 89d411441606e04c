// SPDX-License-Identifier: MIT
//
// Requests that the program makes itself, by the variable MEMTRACE and by memtrace.h,
// written as a debugger would write them. What they mean is control.h's to say.
#ifndef MEMTRACE_CONTROL_REQUESTS_H
#define MEMTRACE_CONTROL_REQUESTS_H

#include "abi/layout.h"

namespace mt::runtime {

// Reads MEMTRACE and fills the root. Once, from the first hook call.
void start_by_environment();

// In a child whose parent has a black box: it has one of its own if the name has %p in it.
void open_childs_box();

// 0 = done, 1 = nothing to do. `sample_bytes`: mean bytes between samples, 0 = every
// allocation.
int request_start(abi::u16 frames, abi::u64 sample_bytes);
int request_stop();
int request_clear();

}  // namespace mt::runtime

#endif
