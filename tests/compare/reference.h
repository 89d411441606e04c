// SPDX-License-Identifier: MIT
//
// The reference: the calling thread's stack as the compiler's own unwinder
// (libgcc, linked into this library alone) sees it. It faults where a stack is
// broken, so each step runs under protection. One thread at a time; the caller
// sees to that.
#ifndef MEMTRACE_TESTS_COMPARE_REFERENCE_H
#define MEMTRACE_TESTS_COMPARE_REFERENCE_H

#include <unwind.h>

#include "abi/layout.h"

namespace mt::compare {

using abi::u32;
using abi::u64;

struct Registers {
    u64 pc, sp, bp;
};

enum class Stop {
    start,      // the last frame is the thread's first
    full,       // there are more frames than are recorded
    no_table,   // the last frame's code has no unwind table
    fault,      // the reference read what cannot be read, right behind the last frame
    refused,    // the reference gave up over a frame that has a table
    no_caller,  // the frame to begin with was not on the stack
};

struct Reference {
    u32 count = 0;
    u32 interrupted = 0;  // frames that a signal interrupted
    Stop stop = Stop::no_caller;
    u64 fault_address = 0;
    u64 last_sp = 0;  // of the last frame
    u64 last_bp = 0;
    u64 pcs[abi::kMaxFrames + 1];  // as the walker stores them
};

// From the frame with this pc and sp outwards. All signals but faults are blocked.
void trace_from_caller(Reference& out, const Registers& caller);
// Appends a frame with these registers and all further ones.
void trace_on(Reference& out, const Registers& from);

// The frame record at `bp`: false, it cannot be read.
bool read_record(u64 bp, Registers& out);

bool has_table(u64 pc);
// Does a function begin exactly there?
bool is_function_start(u64 pc);

}  // namespace mt::compare

extern "C" _Unwind_Reason_Code memtrace_trace_from(const mt::compare::Registers* registers,
                                                   _Unwind_Trace_Fn callback, void* argument);

#endif
