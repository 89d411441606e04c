// SPDX-License-Identifier: MIT
//
// The state that is current, those that it replaced, and who uses which. A state is
// replaced whole and given back when no thread's event uses it. Knows no request but its
// generation; which one is to be current says control/control.h.
#ifndef MEMTRACE_CONTROL_STATES_H
#define MEMTRACE_CONTROL_STATES_H

#include "table/header.h"
#include "thread/context.h"

namespace mt::runtime {

// What header()->state says, without the way there.
extern __attribute__((visibility("hidden"))) abi::u64 current_state;
extern __attribute__((visibility("hidden"))) abi::u64 retired_states;

inline bool obeys(const LiveState* state, u64 request) {
    return state != nullptr && state->generation == request_generation(request);
}

// The current state, published in `slot` of a context: it stays until the slot is cleared,
// or, of Context::state, until its thread is in no event.
LiveState* pin_state(u64& slot);

// The state for the time of one nested event, or of a look at the figures; makes none. What
// an outer one has published stays published: it may still be at work there.
class PinnedState {
  public:
    PinnedState(ThreadContext& c, u64 request);
    ~PinnedState();
    PinnedState(const PinnedState&) = delete;
    PinnedState& operator=(const PinnedState&) = delete;
    LiveState* operator->() const { return state_; }
    LiveState& operator*() const { return *state_; }
    explicit operator bool() const { return state_ != nullptr; }

  private:
    ThreadContext& c_;
    u64 outer_;
    LiveState* state_ = nullptr;
};

// As if there had been none (forget_header).
void forget_states();

// Under process_locks.states: `state` is current (nullptr: none), and the one before waits
// to be given back, with `keep` others at most.
void make_current(LiveState* state, u32 keep);
// Gives back a piece of a replaced state, if there is one.
void release_retired_slice();

// The header, made on first use. False: it could not be had (counted).
bool prepare_table();
// An event is not recorded, for want of memory.
void lose_for_memory(LossKind kind);

}  // namespace mt::runtime

#endif
