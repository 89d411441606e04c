// SPDX-License-Identifier: MIT
//
// A lock that never waits for long: whoever cannot have it counts a loss and
// goes on. A thread stopped by a debugger, killed or forked away while holding
// it cannot hang the others (reliability, rule 6).
#ifndef MEMTRACE_GUARD_LOCK_H
#define MEMTRACE_GUARD_LOCK_H

#include "abi/layout.h"
#include "os/cpu.h"
#include "os/process.h"

namespace mt::runtime {

using namespace mt::abi;

class Lock {
  public:
    // Tries for some milliseconds, in which a holder that was preempted comes to its
    // end; then gives up. While it is held by a thread that a debugger has stopped
    // only the first ones wait so long: the others for about 100 us.
    static constexpr int kPatientYields = 20'000;
    bool try_acquire(int patient_yields = kPatientYields) {
        constexpr int kSpins = 200;
        constexpr int kYields = 200;
        const bool patient = __atomic_load_n(&stuck_, __ATOMIC_RELAXED) == 0;
        const int tries = kSpins + (patient ? patient_yields : kYields);
        const u64 me = os::thread_pointer();
        if (__atomic_load_n(&holder_, __ATOMIC_RELAXED) == me && !left_by_jump()) return false;
        for (int i = 0; i < tries; ++i) {
            if (take_if_free(me)) return true;
            if (i < kSpins) {
                os::relax_cpu();
            } else {
                os::yield();
            }
        }
        __atomic_store_n(&stuck_, 1, __ATOMIC_RELAXED);
        return false;
    }
    // For what can as well be done another time.
    bool try_once() { return take_if_free(os::thread_pointer()); }
    void release() { __atomic_store_n(&holder_, 0, __ATOMIC_RELEASE); }
    // After a jump out of an event. What locks guard is published in single stores, so
    // nothing is half done.
    void release_if_mine() {
        if (__atomic_load_n(&holder_, __ATOMIC_RELAXED) == os::thread_pointer()) release();
    }
    // In a fork's child, where no other holder exists. This thread's own is the event's
    // that its signal handler forked in.
    void reset() {
        if (holder_ != os::thread_pointer()) holder_ = 0;
        stuck_ = 0;
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
        if (stuck_ != 0) __atomic_store_n(&stuck_, 0, __ATOMIC_RELAXED);
        return true;
    }

    // This thread holds it. From a shallower place of its stack it can only ask
    // again if a signal handler jumped out of where it was held.
    bool left_by_jump() {
        if (reinterpret_cast<u64>(__builtin_frame_address(0)) <= sp_ || os::on_alternate_stack()) {
            return false;
        }
        release();
        return true;
    }

    u64 holder_ = 0;
    u64 stuck_ = 0;  // somebody has given up since it was last acquired
    u64 sp_ = 0;     // stack address at which it was acquired
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
