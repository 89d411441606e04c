// SPDX-License-Identifier: MIT
//
// A barrier in every other thread by what the kernel must do on x86-64: interrupt each
// processor. See os/barrier.h.
#ifndef MEMTRACE_OS_X86_64_BARRIER_H
#define MEMTRACE_OS_X86_64_BARRIER_H

#include <sys/mman.h>
#include <sys/syscall.h>

#include "os/x86_64/cpu.h"
#include "os/x86_64/syscall.h"

namespace mt::runtime::os {

// To take a right away from a page that is in use, the kernel interrupts every
// processor that runs a thread of the process. membarrier would say the same, and is
// a call that filters do not know. Processors that learn of it without an interrupt
// have stored what they had to store long before the pause has ended.
[[gnu::noinline]] inline bool barrier_other_threads() {
    constexpr long kPage = 4096;
    constexpr int kPause = 500;
    alignas(kPage) static constinit char page[kPage] = {};
    *static_cast<volatile char*>(page) = 1;
    const auto at = reinterpret_cast<long>(page);
    if (raw_syscall(SYS_mprotect, at, kPage, PROT_READ) != 0) return false;
    for (int i = 0; i < kPause; ++i) relax_cpu();
    return raw_syscall(SYS_mprotect, at, kPage, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace mt::runtime::os

#endif
