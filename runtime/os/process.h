// SPDX-License-Identifier: MIT
//
// What the kernel told this process at its start, and who is calling. Reads the
// kernel's own block above the stack, not libc's variables: hooks run before
// libc is ready (early_test).
#ifndef MEMTRACE_OS_PROCESS_H
#define MEMTRACE_OS_PROCESS_H

#include <cstdint>

// libc's own word for "no second thread was created" (glibc 2.32); its malloc
// relies on it in the same way.
extern "C" char __libc_single_threaded __attribute__((weak));

namespace mt::runtime::os {

inline bool has_one_thread() {
    return &__libc_single_threaded != nullptr &&
           __atomic_load_n(&__libc_single_threaded, __ATOMIC_RELAXED) != 0;
}

// The value of an environment variable, or nullptr. The first call decides on
// the block as it was when the process started.
const char* environment(const char* name);
// AT_SECURE: set-user-ID and the like; the environment must not be obeyed.
bool is_secure();
// The name that the program was started by, as exec got it; nullptr = not known.
const char* started_as();
// A number that differs between processes; never 0. Derived one-way from
// AT_RANDOM, so that the stack protector's secret does not show.
std::uint64_t process_cookie();

}  // namespace mt::runtime::os

#endif
