// SPDX-License-Identifier: MIT
//
// Finds the readable part of a stack with the kernel's help alone.
#include "stack/window.h"

#include "os/readable.h"
#include "os/thread.h"
#include "stack/machine.h"

// Weak: without it the main thread's stack is probed in each walk like a foreign
// one, which is slower and as right.
extern "C" void* __libc_stack_end __attribute__((weak));

namespace mt::runtime::stack {

namespace {

using machine::kPage;

// Further below the known part than this a stack pointer is taken for foreign:
// probing all pages between would cost more than it saves.
constexpr u64 kLargestGap = 1024 * kPage;

u64 page_of(u64 address) { return address & ~(kPage - 1); }

// The marks that a thread's stack ends at: what the kernel put above main's
// first frame, or the descriptor that libc puts above a thread's.
u64 stack_top(u64 thread) {
    if (!os::is_main_thread()) return thread & ~u64{7};
    if (&__libc_stack_end == nullptr) return 0;
    return reinterpret_cast<u64>(__libc_stack_end) & ~u64{7};
}

// `thread` is written last: a signal handler between these lines begins again.
void begin(Window& own, u64 thread) {
    const u64 top = stack_top(thread);
    own.thread = 0;
    own.barrier = 0;
    own.low = page_of(top);
    own.high = top;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    own.thread = thread;
}

}  // namespace

bool is_readable(u64 address) { return os::is_readable(address); }

bool reach_own_stack(Window& own, u64 sp) {
    const u64 thread = machine::thread_pointer();
    if (own.thread != thread) begin(own, thread);
    if (sp >= own.low) return sp < own.high;
    if (sp < own.barrier || own.low - sp > kLargestGap) return false;
    // Upwards, from a page that the program itself has just used: probing down
    // from the known part could make the kernel grow the main stack.
    const u64 first = page_of(sp);
    if (os::are_readable(first, own.low - first)) {
        own.low = first;
        return true;
    }
    u64 page = first;
    while (page < own.low && os::are_readable(page, kPage)) page += kPage;
    if (page < own.low) own.barrier = page;
    return false;
}

void View::enter(Window& own, u64 sp) {
    foreign_ = !reach_own_stack(own, sp);
    low_ = foreign_ ? 0 : own.low;
    high_ = foreign_ ? 0 : own.high;
}

bool View::is_connected(u64 low, u64 high) {
    for (u64 page = page_of(low); page <= page_of(high); page += kPage) {
        if (page - low_ >= high_ - low_ && !probe(page)) return false;
    }
    return true;
}

bool View::probe(u64 address) {
    if (!foreign_ || !is_readable(address)) return false;
    const u64 page = page_of(address);
    if (page == high_ && high_ != 0) {
        high_ += kPage;
    } else {
        low_ = page;
        high_ = page + kPage;
    }
    return true;
}

}  // namespace mt::runtime::stack
