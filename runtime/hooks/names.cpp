// SPDX-License-Identifier: MIT
//
// The two ways to name a thread, seen when they are used: later nobody may ask, for a
// program may forbid itself the call. prctl also says that a filter is about to come.
// Both do what the real function does and decide nothing; not part of family.def, for
// they stay useful where these are missing.
#include <linux/prctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "hooks/caller.h"
#include "hooks/entries.h"
#include "hooks/real.h"
#include "os/filter.h"
#include "os/syscall.h"
#include "os/thread.h"
#include "thread/escape.h"
#include "thread/names.h"

#define MT_EXPORT extern "C" __attribute__((visibility("default"), MT_ANY_STACK))

using namespace mt::runtime;

namespace {

int prctl_itself(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    const long result =
        os::raw_syscall(SYS_prctl, option, static_cast<long>(a), static_cast<long>(b),
                        static_cast<long>(c), static_cast<long>(d));
    if (!os::failed(result)) return static_cast<int>(result);
    errno = static_cast<int>(-result);
    return -1;
}

}  // namespace

// Variadic in libc's headers, which for integers is the same call.
MT_EXPORT int prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                    unsigned long d) {
    if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP) os::is_filtered = true;
    const bool known = real_is_ready() && real.prctl != nullptr;
    const int result = known ? real.prctl(option, a, b, c, d) : prctl_itself(option, a, b, c, d);
    if (option == PR_SET_NAME && result == 0) {
        with_escape(
            [=] { name_of_thread(os::thread_pointer(), reinterpret_cast<const char*>(a)); });
    }
    return result;
}

MT_EXPORT int pthread_setname_np(unsigned long thread, const char* name) {
    if (!real_is_ready() || real.pthread_setname_np == nullptr) return ENOSYS;
    const int result = real.pthread_setname_np(thread, name);
    if (result == 0) with_escape([=] { name_of_thread(thread, name); });
    return result;
}

// The same functions for who needs their addresses (entries.h): hidden names for them.
asm(".hidden memtrace_prctl\n.set memtrace_prctl, prctl\n"
    ".hidden memtrace_pthread_setname_np\n.set memtrace_pthread_setname_np, pthread_setname_np\n");
extern "C" __attribute__((visibility("hidden"))) void memtrace_prctl();
extern "C" __attribute__((visibility("hidden"))) void memtrace_pthread_setname_np();

namespace mt::runtime {

const HookEntry naming_entries[2] = {{"prctl", memtrace_prctl},
                                     {"pthread_setname_np", memtrace_pthread_setname_np}};

}  // namespace mt::runtime
