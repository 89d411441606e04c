// SPDX-License-Identifier: MIT
//
// Can memory be read without a fault? Asked of the kernel in two ways. madvise is a
// call that every allocator makes, so no filter of a program's own kills for it; it costs
// four times as much as the other, which is taken where there is no such filter.
#ifndef MEMTRACE_OS_READABLE_H
#define MEMTRACE_OS_READABLE_H

#include <sys/syscall.h>

#include <cstdint>

#include "os/filter.h"
#include "os/syscall.h"

namespace mt::runtime::os {

// madvise cannot do it: Linux before 5.14, old versions of rr.
inline constinit bool must_ask_by_mask __attribute__((visibility("hidden"))) = false;

inline constexpr std::uint64_t kProbedPage = 4096;

// An invalid `how`: the kernel first copies the set in, then refuses, and never changes
// the mask. EINVAL therefore says that it could read. The set is 8 bytes and must not
// reach into the next page.
inline bool is_readable_by_mask(std::uint64_t address) {
    constexpr long kNoSuchHow = -1;
    constexpr long kInvalid = -22;
    const auto set = static_cast<long>(address & ~std::uint64_t{7});
    return raw_syscall(SYS_rt_sigprocmask, kNoSuchHow, set, 0, 8) == kInvalid;
}

// Reads the pages in, as the loads that follow would. `result` is 0 or an error.
inline bool populate(std::uint64_t address, std::uint64_t size, long& result) {
    constexpr long kPopulateRead = 22;
    const std::uint64_t first = address & ~(kProbedPage - 1);
    result = raw_syscall(SYS_madvise, static_cast<long>(first),
                         static_cast<long>(address + size - first), kPopulateRead);
    return result == 0;
}

// All pages from that of `address` to that of the byte before `address + size`?
inline bool are_readable(std::uint64_t address, std::uint64_t size) {
    constexpr long kInvalid = -22;  // PROT_NONE; or a kernel that does not know the call
    long result;
    if (!must_ask_by_mask) {
        if (populate(address, size, result)) return true;
        if (result != kInvalid) return false;
        long here;
        if (populate(reinterpret_cast<std::uint64_t>(&here), 1, here)) return false;
        must_ask_by_mask = true;
    }
    const std::uint64_t end = address + size;
    for (std::uint64_t at = address; at < end; at = (at & ~(kProbedPage - 1)) + kProbedPage) {
        if (!is_readable_by_mask(at)) return false;
    }
    return true;
}

// For what is asked often: foreign stacks.
inline bool is_readable(std::uint64_t address) {
    if (__builtin_expect(!is_filtered, 1)) return is_readable_by_mask(address);
    return are_readable(address, 1);
}

}  // namespace mt::runtime::os

#endif
