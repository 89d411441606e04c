// SPDX-License-Identifier: MIT
//
// The system call instruction of x86-64. Nothing else.
#ifndef MEMTRACE_OS_X86_64_SYSCALL_H
#define MEMTRACE_OS_X86_64_SYSCALL_H

namespace mt::runtime::os {

// Linux x86-64 convention (syscall(2)): a result in [-4095, -1] is -errno.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
    long result;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}

}  // namespace mt::runtime::os

#endif
