// SPDX-License-Identifier: MIT
//
// A lock that never waits for long: whoever cannot have it counts a loss and
// goes on. A thread stopped by a debugger, killed or forked away while holding
// it cannot hang the others.
#ifndef MEMTRACE_GUARD_LOCK_H
#define MEMTRACE_GUARD_LOCK_H

#include "abi/layout.h"
#include "os/cpu.h"
#include "os/wait.h"

namespace mt::runtime {

using namespace mt::abi;

// Is this thread in a signal handler on a stack above the code that it interrupted, or
// can that not be told? Of the stack room; nullptr until it has been said.
using Tells = bool (*)();
inline constinit Tells may_be_above_interrupted_code __attribute__((visibility("hidden"))) =
    nullptr;

class Lock {
  public:
    // Tries for up to a tenth of a second, in which a holder that was preempted comes to
    // its end; then gives up. While it is held by a thread that a debugger has stopped
    // only the first ones wait so long: the others for about 100 us. Waits by futex, as
    // libc's own locks do, for a program may have forbidden itself any other way to wait;
    // where it is known to have a filter, by doing nothing (os/wait.h).
    static constexpr int kPatientWaits = 100;  // of a millisecond
    bool try_acquire(int patient_waits = kPatientWaits) {
        constexpr int kSpins = 200;
        constexpr u32 kShort = 50'000;  // nanoseconds
        constexpr u32 kLong = 1'000'000;
        const u64 me = os::thread_pointer();
        if (__atomic_load_n(&holder_, __ATOMIC_RELAXED) == me && !left_by_jump()) return false;
        for (int i = 0; i < kSpins; ++i) {
            if (take_if_free(me)) return true;
            os::relax_cpu();
        }
        const bool patient = __atomic_load_n(&stuck_, __ATOMIC_RELAXED) == 0;
        for (int i = 0; i < (patient ? patient_waits : 1); ++i) {
            wait(patient && i > 0 ? kLong : kShort);
            if (take_if_free(me)) return true;
        }
        __atomic_store_n(&stuck_, 1, __ATOMIC_RELAXED);
        return false;
    }
    // For what can as well be done another time.
    bool try_once() { return take_if_free(os::thread_pointer()); }
    void release() {
        __atomic_store_n(&holder_, 0, __ATOMIC_RELEASE);
        // Who begins to wait at this moment is not seen, and wakes by itself.
        if (__atomic_load_n(&waiters_, __ATOMIC_RELAXED) != 0) os::wake_one(low_word());
    }
    // After a jump out of an event. What locks guard is published in single stores, so
    // nothing is half done.
    void release_if_mine() {
        if (__atomic_load_n(&holder_, __ATOMIC_RELAXED) == os::thread_pointer()) release();
    }
    // In a fork's child, where no other holder exists. This thread's own is the event's
    // that its signal handler forked in.
    void reset() {
        if (holder_ != os::thread_pointer()) holder_ = 0;
        stuck_ = waiters_ = 0;
    }

  private:
    bool take_if_free(u64 me) {
        u64 expected = 0;
        if (__atomic_load_n(&holder_, __ATOMIC_RELAXED) != 0 ||
            !__atomic_compare_exchange_n(&holder_, &expected, me, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED)) {
            return false;
        }
        sp_ = reinterpret_cast<u64>(__builtin_frame_address(0));
        if (__atomic_load_n(&stuck_, __ATOMIC_RELAXED) != 0)
            __atomic_store_n(&stuck_, 0, __ATOMIC_RELAXED);
        return true;
    }

    const u32* low_word() const { return reinterpret_cast<const u32*>(&holder_); }
    [[gnu::noinline]] void wait(u32 nanoseconds) {
        const u64 holder = __atomic_load_n(&holder_, __ATOMIC_RELAXED);
        if (holder == 0) return;
        __atomic_fetch_add(&waiters_, 1, __ATOMIC_SEQ_CST);
        os::wait_while(low_word(), static_cast<u32>(holder), nanoseconds);
        __atomic_fetch_sub(&waiters_, 1, __ATOMIC_RELAXED);
    }

    // This thread holds it. From a shallower place of its stack it can only ask
    // again if a signal handler jumped out of where it was held.
    bool left_by_jump() {
        if (reinterpret_cast<u64>(__builtin_frame_address(0)) <= sp_ ||
            may_be_above_interrupted_code == nullptr || may_be_above_interrupted_code()) {
            return false;
        }
        release();
        return true;
    }

    u64 holder_ = 0;
    u32 stuck_ = 0;    // somebody has given up since it was last acquired
    u32 waiters_ = 0;  // more than there are, if one was killed: then release() wakes nobody
    u64 sp_ = 0;       // stack address at which it was acquired
};

// Holds a lock for a scope, if it could be had.
class Holder {
  public:
    explicit Holder(Lock& lock) : lock_(lock), held_(lock.try_acquire()) {}
    ~Holder() {
        if (held_) lock_.release();
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    explicit operator bool() const { return held_; }

  private:
    Lock& lock_;
    bool held_;
};

}  // namespace mt::runtime

#endif
