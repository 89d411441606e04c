// SPDX-License-Identifier: MIT
//
// What an allocation, a free and a realloc mean. Called by hooks only when
// tracing is on; never fails towards them, never touches errno.
#ifndef MEMTRACE_TRACER_EVENTS_H
#define MEMTRACE_TRACER_EVENTS_H

#include "table/counters.h"
#include "tracer/capture.h"
#include "tracer/inflight.h"

namespace mt::runtime {

// After the real allocation.
void on_allocate(void* block, u64 size, const Caller& caller);
// Before the real free: another thread may get the address right after it.
void on_free(void* block, const Caller& caller);

// Around a real realloc: before it the block is withdrawn, after it recorded
// anew or put back. The guard is held in between.
class Move {
  public:
    Move(void* block, const Caller& caller);
    // `moved` is what realloc returned; nullptr with size > 0: it failed.
    void finish(void* moved, u64 size);

  private:
    void finish_nested(void* moved, u64 size, bool failed);
    void finish_page(void* moved, u64 size, bool failed);
    void record(void* moved, u64 size);
    void record_elsewhere(void* moved, u64 size);
    Blocks::Place without_reused(const Blocks::Place& place, u64 address);

    Caller caller_;
    u64 address_;
    u64 request_ = 0;             // under which it began
    ThreadContext* c_ = nullptr;  // nullptr: no event of ours
    LiveState* state_ = nullptr;  // nullptr: not traced, or nested
    u64 old_word_ = 0;
    u64 old_size_ = 0;
    u64 old_stamp_ = 0;
    bool nested_ = false;
    bool page_ = false;  // of a pool, see tracer/pages.h
};

// Around a real call into an allocator that may come back into our hooks
// (anything but libc's): what it allocates inside is part of the outer call and
// is not recorded.
class ForeignCall {
  public:
    // `is_libc`: nothing is guarded, every nested call is a signal handler's.
    ForeignCall(const Caller& caller, bool is_libc) {
        if (__builtin_expect(!is_libc, 0)) begin(caller);
    }
    ~ForeignCall() {
        if (__builtin_expect(c_ != nullptr, 0)) publish(c_->foreign_call, 0);
    }
    ForeignCall(const ForeignCall&) = delete;
    ForeignCall& operator=(const ForeignCall&) = delete;
    // True: this hook itself is inside such a call.
    bool is_inner() const { return inner_; }

  private:
    void begin(const Caller& caller);

    ThreadContext* c_ = nullptr;
    bool inner_ = false;
};

// The thread's shard, in the state that its event uses. nullptr: no memory (counted).
Shard* find_shard(ThreadContext& c, LiveState& state);
inline Shard* shard_of(ThreadContext& c, LiveState& state) {
    auto* shard = pointer<Shard>(c.shard);
    return __builtin_expect(shard != nullptr, 1) ? shard : find_shard(c, state);
}
// The one that it had in this state before, or nullptr.
inline Shard* kept_shard(const ThreadContext& c, const LiveState& state) {
    const bool valid = c.shard_state == &state && c.shard_generation == state.generation;
    return valid ? pointer<Shard>(c.kept_shard) : nullptr;
}

// After an event: may it be a new peak?
void settle(LiveState& state, Shard& shard);
inline void look_at_peak(LiveState& state, Shard& shard) {
    if (__builtin_expect(passes_limit(shard), 0)) settle(state, shard);
}

}  // namespace mt::runtime

#endif
