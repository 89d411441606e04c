// SPDX-License-Identifier: MIT
//
// The order of allocations over all threads, for stamps. A thread takes numbers by
// the batch, and a new batch early when the others have gone on without it: so the
// shared line is written seldom, alone the order is exact, and together it is wrong
// by a few batches at most. Knows no block.
#ifndef MEMTRACE_THREAD_TICKETS_H
#define MEMTRACE_THREAD_TICKETS_H

#include "abi/stamp.h"
#include "table/publish.h"

namespace mt::runtime {

// One per thread. A signal handler inside next() may get the same number.
class Tickets {
  public:
    u64 next(State& state) {
        const u64 given = load(state.tickets);
        const bool is_stale = generation_ != state.generation || left_ == 0 || given - end_ > kLag;
        if (__builtin_expect(is_stale, 0)) take_batch(state);
        return end_ - left_-- + 1;
    }

  private:
    static constexpr u64 kLag = u64{4} * kTicketBatch;

    void take_batch(State& state) {
        end_ = __atomic_add_fetch(&state.tickets, kTicketBatch, __ATOMIC_RELAXED);
        left_ = kTicketBatch;
        generation_ = state.generation;
    }

    u64 end_ = 0;
    u64 left_ = 0;
    u64 generation_ = 0;  // of the state that they are of
};

}  // namespace mt::runtime

#endif
