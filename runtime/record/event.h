// SPDX-License-Identifier: MIT
//
// How an event of a thread begins and ends, whatever it is about: the re-entrancy guard
// closes, the state is entered; what signal handlers did meanwhile is entered as well, and
// the guard opens. Never fails towards hooks, never touches errno.
#ifndef MEMTRACE_RECORD_EVENT_H
#define MEMTRACE_RECORD_EVENT_H

#include "control/contexts.h"
#include "control/control.h"
#include "record/capture.h"
#include "record/nested.h"
#include "thread/reentrancy.h"

namespace mt::runtime {

// The calling thread's; made on first use. nullptr: no memory (counted).
inline ThreadContext* context() {
    ThreadContext* mine = my_context;
    return __builtin_expect(mine != nullptr, 1) ? mine : make_context();
}

// The guard was closed already: nested, unless that event was left by a jump, which is
// taken back then and counted.
bool is_nested(ThreadContext& c, u64 sp);
// False: this call is nested.
inline bool open_event(ThreadContext& c, const Caller& caller) {
    if (__builtin_expect(is_guarded(c), 0) && is_nested(c, caller.sp)) return false;
    close_guard(c, caller.sp, caller.pc);
    return true;
}
inline void close_event(ThreadContext& c) {
    if (__builtin_expect(c.ring_tail != load(c.ring_head), 0)) drain_ring(c);
    open_guard(c);
}

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

}  // namespace mt::runtime

#endif
