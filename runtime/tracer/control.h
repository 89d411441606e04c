// SPDX-License-Identifier: MIT
//
// Requests and states: off -> starting -> on. A request is a word that anybody
// may write at any time; it is obeyed at the next event (contract 3). A state
// is replaced whole and released when no thread's event uses it.
#ifndef MEMTRACE_TRACER_CONTROL_H
#define MEMTRACE_TRACER_CONTROL_H

#include "table/header.h"
#include "table/losses.h"
#include "table/publish.h"
#include "tracer/context.h"

namespace mt::runtime {

// Which requests need no further look, each 0 = none (no request is 0: it states a
// frame limit). They have a page to themselves that a fork's child finds zeroed, by
// whatever system call it was made: its first hook takes the slow way, and learns there
// that it is in another process (children.h).
struct alignas(abi::kPageSize) Settled {
    // Hooks have nothing to do. Anything else in Root::request sends them into the tracer.
    abi::u64 quiet;
    // The same for hooks that are given a block, which may be one of bootstrap.h.
    abi::u64 quiet_release;
    // A state was made for it: hooks need not ask whether all is ready.
    abi::u64 traced;
    // This process is the one that the table is about (Process, children.h).
    abi::u64 process;
};
extern __attribute__((visibility("hidden"))) Settled settled;
// What header()->state says, without the way there.
extern __attribute__((visibility("hidden"))) abi::u64 current_state;

// Reads MEMTRACE and fills the root. Once, from the first hook call.
void start_by_environment();

// Header and state for an event under `request` (on), published in c.state.
// nullptr: could not be had (counted). The guard is closed: a state is in use
// while a context names it and is busy. So a thread that finds the state of its
// last event has nothing to publish.
LiveState* enter_other_state(ThreadContext& c, abi::u64 request);
inline LiveState* enter_state(ThreadContext& c, abi::u64 request) {
    const u64 address = load(current_state);
    auto* state = pointer<LiveState>(address);
    if (__builtin_expect(address != 0 && address == c.state && state->request == request &&
                             load(root().peak_reset_request) == state->peak_reset_done,
                         1)) {
        return state;
    }
    return enter_other_state(c, request);
}
// From its next event on; anybody may say so again.
inline void begin_stamps(LiveState& state) {
    publish(state.stamped, 1);
    publish(state.special, 1);
}
// The state that is there, if it obeys `request`; makes none. Published in slot.
LiveState* existing_state(abi::u64& slot, abi::u64 request);
// False: no memory for the table.
bool prepare_table();
// An event is not recorded, for want of memory.
void lose_for_memory(LossKind kind);

// Tracing is off: drops the state and quiets the hooks; those that are given a
// block only if `quiet_releases`.
void settle_off(abi::u64 request, bool quiet_releases);

// Gives back a piece of a replaced state, if there is one.
void release_retired_slice();
extern __attribute__((visibility("hidden"))) abi::u64 retired_states;

// For memtrace.h: 0 = done, 1 = nothing to do.
// `sample_bytes`: mean bytes between samples, 0 = every allocation.
int request_start(abi::u16 frames, abi::u64 sample_bytes);
int request_stop();
int request_clear();

}  // namespace mt::runtime

#endif
