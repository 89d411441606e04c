// SPDX-License-Identifier: MIT
//
// The part of the table that holds a program's own scopes (memtrace_scope_begin): their
// names, and per thread what its calls have done. Survives a clear. See abi/layout.h.
#ifndef MEMTRACE_ABI_SCOPES_H
#define MEMTRACE_ABI_SCOPES_H

#include "abi/process.h"

namespace mt::abi {

struct ScopeName {
    char text[56];  // zero terminated; a longer one is cut
    u64 begun;      // calls, of all threads: a call's number
};
inline constexpr u32 kScopeNames = 128;  // the last one stands for all that found no room

struct ScopeCall {
    u64 number;  // from 1
    u32 name;    // index
    u32 thread;  // serial
    u64 alloc_bytes;
    u64 alloc_count;
    u64 free_bytes;
    u64 free_count;
    i64 peak;   // highest net bytes above those at its begin
    u32 flags;  // of the bits below
    u32 depth;  // calls of this thread that were open when it began
};
inline constexpr u32 kScopeCleared = 1;  // the figures are from a clear or start within on
inline constexpr u32 kScopeOuter = 2;    // ended by the end of an outer one

// Of all calls of a name that have ended in one thread.
struct ScopeSums {
    u64 upto;  // valid once ScopeLog::written is as much
    u64 count;
    u64 sum[4];    // allocations, frees, bytes allocated and freed
    i64 least[5];  // allocations, frees, bytes allocated, net, peak
    i64 most[5];
};
inline constexpr u32 kScopeCalls = 256;

// One per thread that has ended a scope; its successor goes on with it. A call is entered
// into `call` and the older of its name's two `sums`; then `written` makes both count.
struct ScopeLog {
    u64 next;
    u64 self;
    u64 written;  // calls, ever; the last kScopeCalls - 1 of them stand in `call`
    u64 reserved[5];
    ScopeSums sums[kScopeNames][2];
    ScopeCall call[kScopeCalls];  // by number of `written` before it, modulo
};

static_assert(sizeof(ScopeName) == 64 && sizeof(ScopeCall) == 64 && sizeof(ScopeSums) == 128);
static_assert(offsetof(ScopeLog, sums) == 64 && sizeof(ScopeLog) == 64 + 32768 + 16384);

}  // namespace mt::abi

#endif
