// SPDX-License-Identifier: MIT
//
// Raw system calls: errno is never touched, and no wrapper of libc or of
// another preloaded library is run. The only way in which the runtime talks to
// the kernel.
#ifndef MEMTRACE_OS_SYSCALL_H
#define MEMTRACE_OS_SYSCALL_H

#if defined(__x86_64__)
#include "os/x86_64/syscall.h"
#else
#error "memtrace: no system call convention for this architecture"
#endif

namespace mt::runtime::os {

inline bool failed(long result) { return result < 0 && result >= -4095; }

}  // namespace mt::runtime::os

#endif
