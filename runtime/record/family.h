// SPDX-License-Identifier: MIT
//
// What an allocation and a free mean; a realloc is in record/move.h. Called by hooks only
// when tracing is on.
#ifndef MEMTRACE_RECORD_FAMILY_H
#define MEMTRACE_RECORD_FAMILY_H

#include "record/event.h"

namespace mt::runtime {

// After the real allocation.
void on_allocate(void* block, u64 size, const Caller& caller);
// Before the real free: another thread may get the address right after it.
void on_free(void* block, const Caller& caller);

// --- inside an event ---
// The id of the stack for a block of `size` bytes, of which a sample may do without.
inline u32 any_stack_for(ThreadContext& c, const LiveState& state, u64 size, const Caller& caller) {
    if (state.samples() && !c.sampler.takes(size, state.sample_bytes)) return kStackNotSampled;
    return capture_stack(c, caller);
}
// An allocation is not recorded for want of memory, after its traceback was asked for. False.
bool lose_allocation(ThreadContext& c, u32 traceback);

// A block as the family allocates it, and as it frees it. False: not recorded
// (counted), or the thread pauses.
bool record_any_allocation(ThreadContext& c, LiveState& state, u64 address, u64 size,
                           const Caller& caller);
void record_any_free(ThreadContext& c, LiveState& state, u64 address);
// An allocation where a pool's page may stand, which it then was no more.
[[gnu::noinline]] void record_beside_pages(ThreadContext& c, LiveState& state, u64 address,
                                           u64 size, const Caller& caller);
// The block that stands at `address` goes, one of `size` bytes comes in its place.
// False: no memory (counted).
bool replace_block(ThreadContext& c, LiveState& state, Shard& shard, u64 address, u64 size,
                   u32 stack);

}  // namespace mt::runtime

#endif
