// SPDX-License-Identifier: MIT
#include "control/states.h"

#include "guard/locks.h"
#include "os/barrier.h"

namespace mt::runtime {

u64 current_state = 0;
u64 retired_states = 0;

namespace {

template <typename F>
bool any_context(F&& f) {
    for (u64 at = load(header()->contexts); at != 0; at = pointer<ThreadContext>(at)->next) {
        if (f(*pointer<ThreadContext>(at))) return true;
    }
    return false;
}

bool is_named(const LiveState& state) {
    const u64 address = address_of(&state);
    return any_context([address](const ThreadContext& c) {
        return (load(c.state) == address && load(c.busy) != 0) || load(c.nested_state) == address;
    });
}
// Nobody is at work in it, and nobody who has read the pointer before it was
// replaced can still begin to: every thread has passed a barrier since.
bool is_unused(const LiveState& state) {
    return !is_named(state) && os::barrier_all_threads() && !is_named(state);
}

// Somebody may have jumped out of make_current().
bool is_current(const LiveState& state) {
    const u64 address = address_of(&state);
    return load(current_state) == address || load(header()->state) == address;
}

// Its address may become that of a newer state: nobody shall take that for the
// state of his last event.
void forget_state(const LiveState& state) {
    const u64 address = address_of(&state);
    any_context([address](ThreadContext& c) {
        exchange_if<u64>(c.state, address, 0);
        return false;
    });
}

void account_retired() {
    u64 bytes = 0;
    u64 count = 0;
    for (u64 at = header()->retired; at != 0; at = pointer<LiveState>(at)->next_retired) {
        bytes += pointer<LiveState>(at)->mapped_bytes;
        ++count;
    }
    publish(header()->retired_bytes, bytes);
    publish(retired_states, count);
}

// Before another takes its place, so that readers always know its memory. It may have been
// retired already, by one who did not come to that.
void retire(LiveState* state) {
    if (state == nullptr || header()->retired == address_of(state)) return;
    state->next_retired = header()->retired;
    publish(header()->retired, address_of(state));
}

// Under the lock. The oldest is last in the list; at most two wait.
void release_from_list(u32 keep, u32 slices) {
    u32 position = 0;
    for (u64* link = &header()->retired; *link != 0;) {
        auto* state = pointer<LiveState>(*link);
        if (position++ < keep || is_current(*state) || !is_unused(*state)) {
            link = &state->next_retired;
            continue;
        }
        forget_state(*state);
        const u64 next = state->next_retired;
        bool more = true;
        for (; more && slices > 0; --slices) more = state->pool.release_some();
        if (more) break;
        publish(*link, next);  // first: a fork may copy the process at any moment
        release_state(*state);
    }
    account_retired();
}

}  // namespace

LiveState* pin_state(u64& slot) {
    for (;;) {
        const u64 state = load(current_state);
        publish(slot, state);
        keep_order();  // the other half of this barrier is in is_unused
        if (load(current_state) == state) return pointer<LiveState>(state);
    }
}

PinnedState::PinnedState(ThreadContext& c, u64 request) : c_(c), outer_(c.nested_state) {
    LiveState* state =
        outer_ == 0 ? pin_state(c.nested_state) : pointer<LiveState>(load(header()->state));
    const bool is_same = outer_ == 0 || outer_ == address_of(state);
    if (is_same && obeys(state, request)) state_ = state;
}

PinnedState::~PinnedState() { publish(c_.nested_state, outer_); }

void forget_states() {
    publish(current_state, 0);
    publish(retired_states, 0);
}

void make_current(LiveState* state, u32 keep) {
    retire(pointer<LiveState>(header()->state));
    publish(header()->state, address_of(state));
    publish(current_state, address_of(state));
    constexpr u32 kAll = ~0u;
    release_from_list(keep, kAll);
}

void release_retired_slice() {
    // While a thread is stopped inside an event nothing can be given back, and
    // asking costs a barrier of all threads: so seldom, and then more at once.
    constexpr u32 kSlices = 16;
    constexpr u64 kEvery = 64;
    static u64 asked = 0;
    if (__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED) % kEvery != 0) return;
    Holder holder(process_locks.states);
    if (holder) release_from_list(0, kSlices);
}

// While there is no state, nothing that is counted elsewhere can be read, or told from
// what was lost before the start.
void lose_for_memory(LossKind kind) {
    const u32 generation = request_generation(load(root().request));
    const auto* state =
        header() != nullptr ? pointer<const LiveState>(load(current_state)) : nullptr;
    if (state != nullptr && state->generation == generation) return count_loss(kind);
    count_loss(LossKind::no_memory);
    black_box.keep_root();
    for (u64 old = load(root().unrecorded);; old = load(root().unrecorded)) {
        const u32 events = unrecorded_events(old, generation);
        if (events == kMostUnrecorded) return;
        if (exchange_if(root().unrecorded, old, make_unrecorded(generation, events + 1))) return;
    }
}

bool prepare_table() {
    if (header() != nullptr) return true;
    Holder holder(process_locks.states);
    if (!holder) {
        count_loss(LossKind::state_busy);
        return false;
    }
    if (make_header()) return true;
    lose_for_memory(LossKind::no_memory);
    return false;
}

}  // namespace mt::runtime
