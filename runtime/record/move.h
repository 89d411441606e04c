// SPDX-License-Identifier: MIT
//
// What a realloc means: before the real one the block is withdrawn, after it recorded
// anew or put back. The re-entrancy guard is closed in between.
#ifndef MEMTRACE_RECORD_MOVE_H
#define MEMTRACE_RECORD_MOVE_H

#include "record/family.h"

namespace mt::runtime {

class Move {
  public:
    Move(void* block, const Caller& caller);
    // `moved` is what realloc returned; nullptr with size > 0: it failed.
    void finish(void* moved, u64 size);

  private:
    void finish_nested(void* moved, u64 size, bool failed);
    void finish_page(void* moved, u64 size, bool failed);
    void put_back();
    void record(void* moved, u64 size);
    void record_elsewhere(void* moved, u64 size);
    Blocks::Place without_reused(const Blocks::Place& place, u64 address);

    Caller caller_;
    u64 address_;
    u64 request_ = 0;             // under which it began
    ThreadContext* c_ = nullptr;  // nullptr: no event of ours
    LiveState* state_ = nullptr;  // nullptr: not traced, or nested
    u64 old_word_ = 0;
    u64 old_stamp_ = 0;
    bool nested_ = false;
    bool page_ = false;  // of a pool, see record/pages.h
};

}  // namespace mt::runtime

#endif
