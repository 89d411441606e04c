// SPDX-License-Identifier: MIT
//
// The stack depot: every distinct traceback once, as a chain of nodes, and an id for
// each (traceback, domain). Append only; survives a clear.
#ifndef MEMTRACE_TABLE_DEPOT_H
#define MEMTRACE_TABLE_DEPOT_H

#include "abi/layout.h"
#include "stack/frame_cache.h"
#include "table/index.h"
#include "table/losses.h"
#include "table/modules.h"

namespace mt::runtime {

// One captured stack and the room to intern it; part of a thread's context, for
// the program's stack may be small.
struct Capture {
    abi::u32 count;
    abi::u32 fresh;                    // of them, from the innermost: not in the last stack
    abi::u64 key;                      // of the whole: hashes[0], or of a cut stack window_key()
    abi::u32 root;                     // kRootComplete, kRootCut or kRootBroken
    abi::u64 pcs[abi::kMaxFrames];     // innermost first
    abi::u64 hashes[abi::kMaxFrames];  // of the frame and all outside it: stack::chain_hash
    abi::u16 modules[abi::kMaxFrames];
    LossKind lost;  // that the last call of intern() counted; count_: none
};

// What the hash of a stack with this root begins with. Each event asks for that of a
// complete one: it stands ready.
inline abi::u64 chain_seed(abi::u32 root) {
    const abi::u64 meaning = load(address_meaning);
    return root == abi::kRootComplete ? meaning : stack::chain_hash(meaning, root);
}

// The key of a cut stack, from the rolling hash of its frames (stack/frame_cache.h).
inline abi::u64 window_key(abi::u64 rolled) {
    return stack::chain_hash(chain_seed(kRootCut), rolled);
}

// The id of the stack with this key, if it was seen before; else 0. One probe for each
// event, so it is apart from the index of inner frames.
extern __attribute__((visibility("hidden"))) Index<PackedHash> stack_ids;
inline abi::u32 known_stack(abi::u64 key) { return stack_ids.find(key); }

// The stack id of a traceback, with its hashes; kStackDepotFull when it could
// not be interned (counted). Needs make_header().
abi::u32 intern(Capture& capture);
// As if no stack had been seen (forget_header).
void forget_depot();
// The whole event is lost, and counted for itself: one event, one loss.
void take_back_lost_traceback(Capture& capture);

// The id of the same traceback in another domain than 0, whose figures are counted
// apart. A reserved id (abi/layout.h) is of all domains. kStackDepotFull: no room
// (counted).
abi::u32 intern_in_domain(abi::u32 stack, abi::u32 domain);

}  // namespace mt::runtime

#endif
