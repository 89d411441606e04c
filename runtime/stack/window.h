// SPDX-License-Identifier: MIT
//
// Which stack memory a walk may load. Loads inside the known part are plain; a
// page outside is asked of the kernel first. No load of the walker goes past
// this room, so a wrong rule can give a wrong traceback but never a fault.
// It calls no function of libc (pthread_getattr_np allocates, opens a file and
// locks).
#ifndef MEMTRACE_STACK_WINDOW_H
#define MEMTRACE_STACK_WINDOW_H

#include "stack/bytes.h"
#include "stack/machine.h"

namespace mt::runtime::stack {

// What is known of a thread's own stack, kept from walk to walk by its owner.
// Zeroed = nothing known yet; zero it when another thread takes it over. Only
// its own thread uses it; a signal handler of that thread may do so at any time.
//
// Remembering is safe because a thread's stack below its top stays mapped while
// the thread runs, and a walk only looks upwards from the stack pointer. A stack
// that merely lies right below it without a guard page between cannot be told
// apart; all others (fibers, alternate stacks) are never remembered.
struct Window {
    u64 low;      // [low, high) may be loaded plainly
    u64 high;     // the stack's upper end
    u64 barrier;  // an unreadable page below low was seen here: less is another stack
    u64 thread;   // thread pointer of the thread that this is about
};

// Is `sp` where this thread's walks have been already?
inline bool is_on_known_stack(const Window& own, u64 sp) {
    return own.thread == machine::thread_pointer() && sp >= own.low && sp < own.high;
}

// Is `sp` on the calling thread's own stack? Extends `own` down to it if so.
bool reach_own_stack(Window& own, u64 sp);

// Does the kernel read the page at this address without a fault? One system call
// (os/readable.h).
bool is_readable(u64 address);

// What one walk may load: the own stack, or another one as far as it was probed.
class View {
  public:
    // Set at the start of a walk and again where a signal frame was passed.
    void enter(Window& own, u64 sp);
    // False: misaligned, outside, or unreadable; nothing was touched then.
    bool load(u64 address, u64& value) {
        if ((address & 7) != 0) return false;
        if (address - low_ >= high_ - low_ || high_ - address < 8) {
            if (!probe(address)) return false;
        }
        value = *reinterpret_cast<const volatile u64*>(address);
        return true;
    }

    // Is there nothing of the thread's own stack at and above the address?
    bool is_used_up(u64 address) const { return !foreign_ && address > high_; }
    // Can every page between the two be read? low <= high.
    bool is_connected(u64 low, u64 high);

  private:
    bool probe(u64 address);

    u64 low_ = 0;
    u64 high_ = 0;
    bool foreign_ = false;
};

}  // namespace mt::runtime::stack

#endif
