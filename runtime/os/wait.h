// SPDX-License-Identifier: MIT
//
// Waiting for another thread for a bounded time, by the system call that libc's locks
// wait with. Never longer than is said; a holder may be stopped or dead.
#ifndef MEMTRACE_OS_WAIT_H
#define MEMTRACE_OS_WAIT_H

#include <sys/syscall.h>

#include <cstdint>

#include "os/cpu.h"
#include "os/filter.h"
#include "os/syscall.h"

namespace mt::runtime::os {

inline constexpr long kWaitPrivate = 0 | 128;  // FUTEX_WAIT_PRIVATE
inline constexpr long kWakePrivate = 1 | 128;

inline void wait_while(const std::uint32_t* word, std::uint32_t value, std::uint32_t nanoseconds) {
    // When a stop interrupts a wait that has an end, the kernel goes on with it by a system
    // call of its own, restart_syscall, which a filter may not know.
    if (is_filtered) {
        constexpr std::uint32_t kAtLeast = 40;  // nanoseconds for a turn
        for (std::uint32_t i = 0; i < nanoseconds / kAtLeast; ++i) {
            if (__atomic_load_n(word, __ATOMIC_RELAXED) != value) return;
            relax_cpu();
        }
        return;
    }
    const long time[2] = {0, static_cast<long>(nanoseconds)};  // the kernel's timespec
    raw_syscall(SYS_futex, reinterpret_cast<long>(word), kWaitPrivate, value,
                reinterpret_cast<long>(&time));
}
inline void wake_one(const std::uint32_t* word) {
    raw_syscall(SYS_futex, reinterpret_cast<long>(word), kWakePrivate, 1);
}

}  // namespace mt::runtime::os

#endif
