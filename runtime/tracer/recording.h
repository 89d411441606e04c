// SPDX-License-Identifier: MIT
//
// The steps that events are made of, for the files of this room that make events
// (events.cpp: the malloc family; domains.cpp: memtrace.h). Inside an event only.
#ifndef MEMTRACE_TRACER_RECORDING_H
#define MEMTRACE_TRACER_RECORDING_H

#include "table/counters.h"
#include "table/header.h"
#include "tracer/capture.h"
#include "tracer/control.h"
#include "tracer/events.h"
#include "tracer/freed.h"
#include "tracer/inflight.h"
#include "tracer/scopes.h"
#include "tracer/stamps.h"
#include "tracer/weights.h"
#include "tracer/words.h"

namespace mt::runtime {

inline u64 request_now() { return load(root().request); }
inline bool is_on(u64 request) { return (request & kRequestOn) != 0; }

// Is there a table for an event under this request?
inline bool is_ready(u64 request) {
    if (__builtin_expect(request == load(settled.traced), 1)) return true;
    return is_on(request) && prepare_table();
}

// The same for a free; where frees are kept, who makes it is noted off the hot path.
inline bool is_ready_to_free(u64 request, const Caller& caller) {
    if (__builtin_expect(request == load(settled.traced), 1)) return true;
    if (!is_ready(request)) return false;
    if ((request & kRequestFreed) != 0) note_freer(caller);
    return true;
}

// Does the thread, or the whole program, want nothing recorded now?
inline bool is_paused(const ThreadContext& c, u64 request) {
    return (request & kRequestPaused) != 0 || load(c.pauses) != 0;
}

// What a state records: blocks with their stacks, or what it was asked for besides: a
// sample only, stamps. Two copies of the hot path: the plain one is not to pay for any
// of it, the special one looks at the state each time.
enum class Kind { plain, special };

inline bool samples(const LiveState& state) { return __builtin_expect(state.sample_bytes != 0, 0); }
inline bool is_special(const LiveState& state) {
    return __builtin_expect(load(state.special) != 0, 0);
}

template <Kind kKind>
u32 stack_for(ThreadContext& c, const LiveState& state, u64 size, const Caller& caller) {
    if constexpr (kKind == Kind::special) {
        if (samples(state) && !c.sampler.takes(size, state.sample_bytes)) return kStackNotSampled;
    }
    return capture_stack(c, caller);
}

inline u32 any_stack_for(ThreadContext& c, const LiveState& state, u64 size, const Caller& caller) {
    return stack_for<Kind::special>(c, state, size, caller);
}

// An allocation is not recorded for want of memory, after its traceback was asked for. False.
inline bool lose_allocation(ThreadContext& c, u32 traceback) {
    if (traceback == kStackDepotFull) take_back_lost_traceback(c.capture);
    count_loss(LossKind::no_memory);
    return false;
}

inline void keep_peaks(const LiveState& state, const Change& change) {
    if (change.in != nullptr) keep_peak(state, *change.in);
    if (change.out != nullptr) keep_peak(state, *change.out);
}

// What follows from an event whose words are written. The figures are new from
// the commit on. Without a look at the peak, which may take a lock.
template <Kind kKind>
inline void commit_change(ThreadContext& c, LiveState& state, Shard& shard, const Change& change) {
    apply(change);
    if constexpr (kKind == Kind::special) {
        if (samples(state)) apply_weights(c, state, change);
    }
    commit_event(c, shard, change);
    if constexpr (kKind == Kind::special) keep_tops(shard, change);
    end_event(c);
    if constexpr (kKind == Kind::special) forget_stamp(c);
}
template <Kind kKind>
inline void finish_event(ThreadContext& c, LiveState& state, Shard& shard, const Change& change) {
    commit_change<kKind>(c, state, shard, change);
    look_at_peak(state, shard);
}

// The record that loses `old_word`, if there is one. False: no memory.
[[gnu::always_inline]] inline bool take_from(LiveState& state, Shard& shard, u64 address,
                                             u64 old_word, Change& change) {
    if (old_word == 0) return true;
    change.out = record_of(state, shard, word_stack(old_word));
    change.out_size = size_of_word(state, address, old_word);
    return change.out != nullptr;
}

[[gnu::always_inline]] inline bool put_word(LiveState& state, const Blocks::Place& place,
                                            u64 address, u64 word) {
    if (place.found != nullptr) return publish(*place.found, word), true;
    return Blocks::claim(place.empty, word) || state.blocks.insert(address, word);
}

[[gnu::always_inline]] inline void give_stamp(ThreadContext& c, LiveState& state, u64 address) {
    if (stamps(state)) put_stamp(state, address, stamp_now(c, state));
}
// Into the journal; nullptr: has none.
[[gnu::always_inline]] inline u64* noted_stamp(ThreadContext& c, const LiveState& state,
                                               u64 address, const u64* slot) {
    return stamps(state) && slot != nullptr ? note_stamp(c, state, address, slot) : nullptr;
}

inline void finish_any_event(ThreadContext& c, LiveState& state, Shard& shard,
                             const Change& change) {
    if (is_special(state)) return finish_event<Kind::special>(c, state, shard, change);
    finish_event<Kind::plain>(c, state, shard, change);
}

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
