// SPDX-License-Identifier: MIT
//
// Single instructions of x86-64 that have no portable spelling.
#ifndef MEMTRACE_OS_X86_64_CPU_H
#define MEMTRACE_OS_X86_64_CPU_H

namespace mt::runtime::os {

inline void relax_cpu() { asm volatile("pause"); }

// Compare and exchange in one instruction, whole for this thread's signal handlers
// but not for other threads.
inline bool exchange_alone(unsigned long& word, unsigned long expected, unsigned long desired) {
    bool done;
    asm volatile("cmpxchg %3, %1"
                 : "=@cce"(done), "+m"(word), "+a"(expected)
                 : "r"(desired)
                 : "memory");
    return done;
}

// Is a function that will return to `pc`, with its stack pointer at `sp` then, still there?
// True where that cannot be told.
inline bool may_return_to(unsigned long sp, unsigned long pc) {
    return *reinterpret_cast<const volatile unsigned long*>(sp - sizeof(unsigned long)) == pc;
}

// System V ABI: the first word of the thread control block is its own address.
inline unsigned long thread_pointer() {
    unsigned long value;
    asm("mov %%fs:0, %0" : "=r"(value));
    return value;
}

}  // namespace mt::runtime::os

#endif
