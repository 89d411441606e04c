// SPDX-License-Identifier: MIT
//
// What an allocation, a free and a realloc mean. Called by hooks only when
// tracing is on; never fails towards them, never touches errno.
#ifndef MEMTRACE_TRACER_EVENTS_H
#define MEMTRACE_TRACER_EVENTS_H

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
    void record(void* moved, u64 size);
    void record_elsewhere(void* moved, u64 size);

    Caller caller_;
    u64 address_;
    u64 request_ = 0;             // under which it began
    ThreadContext* c_ = nullptr;  // nullptr: no event of ours
    LiveState* state_ = nullptr;  // nullptr: not traced, or nested
    u64 old_word_ = 0;
    u64 old_size_ = 0;
    bool nested_ = false;
};

// Around a real call into an allocator that may come back into our hooks
// (anything but libc's): what it allocates inside is part of the outer call and
// is not recorded.
class ForeignCall {
  public:
    // `is_libc`: nothing is guarded, every nested call is a signal handler's.
    ForeignCall(const Caller& caller, bool is_libc);
    ~ForeignCall();
    ForeignCall(const ForeignCall&) = delete;
    ForeignCall& operator=(const ForeignCall&) = delete;
    // True: this hook itself is inside such a call.
    bool is_inner() const { return inner_; }

  private:
    ThreadContext* c_ = nullptr;
    bool inner_ = false;
};

// Shared with nested.cpp.
Shard* shard_of(ThreadContext& c, LiveState& state);
void settle(ThreadContext& c, LiveState& state, Shard& shard, const Change& change);

}  // namespace mt::runtime

#endif
