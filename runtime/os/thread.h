// SPDX-License-Identifier: MIT
//
// Who is calling, without asking the kernel: a program may forbid itself every system
// call that its allocator and its threads do not need (tests/programs/filtered.c). libc
// keeps a thread's id in its control block and says where, for libthread_db. The one
// place that knows ids; nothing here needs libc.
#ifndef MEMTRACE_OS_THREAD_H
#define MEMTRACE_OS_THREAD_H

#include <sys/syscall.h>

#include <cstdint>

#include "os/cpu.h"
#include "os/filter.h"
#include "os/syscall.h"

namespace mt::runtime::os {

struct Identity {
    std::uint32_t id_at = 0;        // of the thread's id in its control block; 0 = not known
    std::uint32_t process = 0;      // 0 = not learnt yet
    std::uint64_t main_thread = 0;  // its control block; its stack is the kernel's
    // The one thread of a child that libc did not make (syscall(SYS_fork), clone): its
    // block has the parent's id still, and the thread the process's.
    std::uint64_t stale_thread = 0;
};
inline constinit Identity identity __attribute__((visibility("hidden"))) = {};

inline std::uint32_t id_in(std::uint64_t thread) {
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(thread + identity.id_at),
                           __ATOMIC_RELAXED);
}

inline std::uint32_t thread_id() {
    if (__builtin_expect(identity.stale_thread != 0, 0) &&
        identity.stale_thread == thread_pointer()) {
        return identity.process;
    }
    // 0: a thread that was not made by libc, in a control block of its own making.
    const std::uint32_t id = identity.id_at != 0 ? id_in(thread_pointer()) : 0;
    return id != 0 ? id : static_cast<std::uint32_t>(raw_syscall(SYS_gettid));
}
inline std::uint32_t process_id() {
    return identity.process != 0 ? identity.process
                                 : static_cast<std::uint32_t>(raw_syscall(SYS_getpid));
}
inline bool is_main_thread() {
    return identity.main_thread != 0 ? identity.main_thread == thread_pointer()
                                     : process_id() == thread_id();
}

// Has the thread `id` with this control block ended? By the word that pthread_join waits
// at, which the kernel clears. It is the kernel that looks, for the block may have been
// unmapped; where libc does not say where it is, the kernel is asked for the id.
inline bool thread_is_gone(std::uint64_t thread, std::uint32_t id) {
    constexpr long kNoSuchProcess = -3;
    constexpr long kFault = -14;
    constexpr long kDiffers = -11;
    constexpr long kComparePrivate = 4 | 128;  // FUTEX_CMP_REQUEUE_PRIVATE, of no waiters
    if (thread == identity.stale_thread) return false;
    if (identity.id_at == 0) {
        return raw_syscall(SYS_tgkill, process_id(), id, 0) == kNoSuchProcess;
    }
    const long word = static_cast<long>(thread + identity.id_at);
    const long result = raw_syscall(SYS_futex, word, kComparePrivate, 0, 0, word, id);
    return result == kDiffers || result == kFault;
}

// In a child, whose one thread has the process's id. `by_libc`: its fork() has written it
// where threads have it. Otherwise the kernel is asked, unless that may be forbidden.
inline void become_child(bool by_libc) {
    const std::uint64_t self = thread_pointer();
    if (identity.main_thread == 0) identity.main_thread = ~std::uint64_t{0};  // it has none
    identity.stale_thread = 0;
    if (identity.id_at != 0 && (by_libc || is_filtered)) {
        identity.process = id_in(self);
        return;
    }
    identity.process = static_cast<std::uint32_t>(raw_syscall(SYS_getpid));
    if (identity.id_at != 0 && id_in(self) != identity.process) identity.stale_thread = self;
}

}  // namespace mt::runtime::os

#endif
