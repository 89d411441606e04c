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

// Where a function's return address stands, given the stack pointer as it will
// be after its return.
inline unsigned long return_address_of(unsigned long sp) {
    return *reinterpret_cast<const volatile unsigned long*>(sp - sizeof(unsigned long));
}

// System V ABI: the first word of the thread control block is its own address.
inline unsigned long thread_pointer() {
    unsigned long value;
    asm("mov %%fs:0, %0" : "=r"(value));
    return value;
}

}  // namespace mt::runtime::os

#endif
