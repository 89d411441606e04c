// SPDX-License-Identifier: MIT
#include "tracer/control.h"

#include "abi/stamp.h"
#include "guard/locks.h"
#include "os/process.h"
#include "table/counters.h"
#include "table/header.h"
#include "table/losses.h"
#include "table/modules.h"
#include "tracer/children.h"
#include "tracer/freed.h"
#include "tracer/scopes.h"
#include "tracer/setting.h"
#include "tracer/watch.h"

namespace mt::runtime {

Settled settled = {};
u64 current_state = 0;
u64 retired_states = 0;

namespace {

LiveState* retired = nullptr;

template <typename F>
bool any_context(F&& f) {
    for (u64 at = load(header()->contexts); at != 0; at = pointer<ThreadContext>(at)->next) {
        if (f(*pointer<ThreadContext>(at))) return true;
    }
    return false;
}

void set_state(LiveState* state) {
    publish(header()->state, address_of(state));
    publish(current_state, address_of(state));
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
    for (LiveState* s = retired; s != nullptr; s = s->next_retired) {
        bytes += s->mapped_bytes;
        ++count;
    }
    publish(header()->retired_bytes, bytes);
    publish(retired_states, count);
}

void retire(LiveState* state) {
    if (state == nullptr) return;
    state->next_retired = retired;
    retired = state;
}

// Under the lock. The oldest is last in the list; at most two wait.
void release_from_list(u32 keep, u32 slices) {
    u32 position = 0;
    for (LiveState** link = &retired; *link != nullptr;) {
        LiveState* state = *link;
        if (position++ < keep || !is_unused(*state)) {
            link = &state->next_retired;
            continue;
        }
        forget_state(*state);
        LiveState* next = state->next_retired;
        bool more = true;
        for (; more && slices > 0; --slices) more = state->pool.release_some();
        if (more) break;
        *link = next;  // first: a fork may copy the process at any moment
        release_state(*state);
    }
    account_retired();
}

// A signal handler may fork between any two instructions, and its child goes on here: what
// it writes after the page was zeroed must not hide from it that it is a child.
void remember_request(u64& word, u64 request) {
    publish(word, request);
    keep_order();
    if (!is_known_process()) publish(word, 0);
}

// Anybody may have written anything there.
u64 sample_bytes_of(u64 request) {
    if ((request & kRequestSampling) == 0) return 0;
    const u64 bytes = load(root().sample_bytes);
    return bytes < kMaxSampleBytes ? bytes : kMaxSampleBytes;
}

// Those that may change while a state lives. Paused is looked at by each event.
void obey_flags(LiveState& state, u64 request) {
    if ((request & kRequestStamps) != 0 && load(state.stamped) == 0) begin_stamps(state);
    if ((request & kRequestScopes) != 0) publish(state.special, 1);
    publish(state.request, request);
}

// Under the lock.
LiveState* replace_state(u64 request) {
    auto* old = pointer<LiveState>(header()->state);
    if (old != nullptr && old->generation == request_generation(request)) return old;
    LiveState* fresh =
        make_state(request_generation(request), load(root().peak_reset_request), header()->losses);
    if (fresh != nullptr) {
        fresh->special = fresh->sample_bytes = sample_bytes_of(request);
        // A scope may have begun before.
        if (load(header()->scope_names) != 0) fresh->special = 1;
        begin_freed(*fresh, request);
        obey_flags(*fresh, request);
        if (load(fresh->stamped) != 0) publish(fresh->stamped, kStampedThroughout);
    }
    set_state(fresh);
    retire(old);
    constexpr u32 kKept = 2;
    constexpr u32 kAll = ~0u;
    release_from_list(kKept, kAll);
    return fresh;
}

LiveState* pin(u64& slot) {
    for (;;) {
        const u64 state = load(current_state);
        publish(slot, state);
        keep_order();  // the other half of this barrier is in is_unused
        if (load(current_state) == state) return pointer<LiveState>(state);
    }
}

bool obeys(const LiveState* state, u64 request) {
    return state != nullptr && state->generation == request_generation(request);
}

// Writes what `next` makes of the request, under a new generation, if tracing is
// on (or off) as the change wants it.
template <typename F>
int change_request(bool wants_on, F&& next) {
    for (;;) {
        const u64 old = load(root().request);
        if (((old & kRequestOn) != 0) != wants_on) return 1;
        const u64 changed = next(old);
        const u64 flags = (changed & 0xffff) | (old & kRequestWatch);
        const u64 made = make_request(flags, request_limit(changed), request_generation(old) + 1);
        if (exchange_if(root().request, old, made)) return 0;
    }
}

}  // namespace

void start_by_environment() {
    const char* text = os::environment("MEMTRACE");
    if (text == nullptr) return;
    if (os::is_secure()) {
        publish(root().reason, static_cast<u32>(Reason::secure_process));
        return;
    }
    Setting setting;
    if (!parse_setting(text, setting)) {
        publish(root().reason, static_cast<u32>(Reason::bad_environment));
        return;
    }
    if (setting.frames == 0) return;
    // A debugger that has spoken already is right.
    const u64 untouched = load(root().request);
    const u64 watch = untouched & kRequestWatch;
    if (untouched != make_request(watch, kDefaultFrameLimit, 0)) return;
    u64 flags = kRequestOn | watch;
    if (setting.sample_bytes != 0) {
        publish(root().sample_bytes, setting.sample_bytes);
        flags |= kRequestSampling;
    }
    if (setting.stamps) flags |= kRequestStamps;
    if (setting.freed_blocks != 0) {
        publish(root().freed_blocks, setting.freed_blocks);
        flags |= kRequestFreed;
    }
    exchange_if(root().request, untouched, make_request(flags, setting.frames, 1));
}

// While there is no state, nothing that is counted elsewhere can be read, or told from
// what was lost before the start.
void lose_for_memory(LossKind kind) {
    const u32 generation = request_generation(load(root().request));
    const auto* state =
        header() != nullptr ? pointer<const LiveState>(load(current_state)) : nullptr;
    if (state != nullptr && state->generation == generation) return count_loss(kind);
    count_loss(LossKind::no_memory);
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

LiveState* existing_state(u64& slot, u64 request) {
    LiveState* state = pin(slot);
    return obeys(state, request) ? state : nullptr;
}

LiveState* enter_other_state(ThreadContext& c, u64 request) {
    LiveState* state = pin(c.state);
    if (!obeys(state, request)) {
        publish(c.state, 0);
        Holder holder(process_locks.states);
        if (!holder) {
            count_loss(LossKind::state_busy);
            return nullptr;
        }
        // A clear or stop since: this event is older than it. Without this look a
        // thread that was preempted here would put its old state over the new one
        // (tests/programs/clear_storm.c).
        const u64 now = load(root().request);
        if ((now & kRequestOn) == 0 || request_generation(now) != request_generation(request)) {
            return nullptr;
        }
        if (replace_state(request) == nullptr) {
            lose_for_memory(LossKind::no_memory);
            return nullptr;
        }
        state = pin(c.state);  // nobody replaces it while the lock is held
    }
    obey_flags(*state, request);
    c.hint_slot = nullptr;
    publish(c.shard, 0);  // of another state, unless shard_of() finds it is not
    // Watched events go another way, and frees that are kept are seen off the hot path.
    remember_request(settled.traced, request & ~(kRequestWatch | kRequestFreed));
    const u64 reset = load(root().peak_reset_request);
    if (reset != state->peak_reset_done && !reset_peak(*state, reset)) {
        count_loss(LossKind::peak_busy);
    }
    return state;
}

void settle_off(u64 request, bool quiet_releases) {
    const bool watched = is_watched(request);
    if (header() != nullptr && !(watched && load(current_state) == 0)) {
        Holder holder(process_locks.states);
        if (!holder) return;                                   // hooks come back until it is done
        if ((load(root().request) & kRequestOn) != 0) return;  // begun again meanwhile
        retire(pointer<LiveState>(header()->state));
        set_state(nullptr);
        release_from_list(0, ~0u);
    }
    if (watched) return;
    remember_request(settled.quiet, request);
    if (quiet_releases) remember_request(settled.quiet_release, request);
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

int request_start(u16 frames, u64 sample_bytes) {
    return change_request(false, [=](u64) {
        // Before the request that tells to look at it.
        if (sample_bytes != 0) publish(root().sample_bytes, sample_bytes);
        const u64 sampling = sample_bytes != 0 ? kRequestSampling : 0;
        return make_request(kRequestOn | sampling, frames, 0);
    });
}
int request_stop() {
    return change_request(true, [](u64 old) { return make_request(0, request_limit(old), 0); });
}
int request_clear() {
    return change_request(true, [](u64 old) { return old; });
}

}  // namespace mt::runtime
