// SPDX-License-Identifier: MIT
//
// The stack depot: every distinct traceback once, as a chain of nodes. Append
// only; survives a clear.
#ifndef MEMTRACE_TABLE_DEPOT_H
#define MEMTRACE_TABLE_DEPOT_H

#include "abi/layout.h"

namespace mt::runtime {

// One captured stack and the room to intern it; part of a thread's context, for
// the program's stack may be small.
struct Capture {
    abi::u32 count;
    abi::u32 root;                     // kRootComplete, kRootCut or kRootBroken
    abi::u64 pcs[abi::kMaxFrames];     // innermost first
    abi::u64 hashes[abi::kMaxFrames];  // of the frame and all outside it
    abi::u16 modules[abi::kMaxFrames];
};

// The stack id of a traceback; kStackDepotFull when it could not be interned
// (counted). Needs make_header().
abi::u32 intern(Capture& capture);

// Gives every later traceback new nodes: a range has got another module.
void forget_addresses();
// See guard/lock.h.
void reset_depot_lock();
void release_my_depot_lock();

}  // namespace mt::runtime

#endif
