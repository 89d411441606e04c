// SPDX-License-Identifier: MIT
//
// The functions behind ours: the next definitions in the program's own order,
// be they libc's or another allocator's.
#ifndef MEMTRACE_HOOKS_REAL_H
#define MEMTRACE_HOOKS_REAL_H

#include <cstddef>

namespace mt::runtime {

template <typename Function>
using PointerTo = Function*;

struct Real {
#define MT_REAL(result, name, parameters) PointerTo<result parameters> name;
#include "hooks/family.def"
    // Not of the family, and not missed (names.cpp). glibc before 2.34 has the second in a
    // library that need not be there.
    int (*prctl)(int, unsigned long, unsigned long, unsigned long, unsigned long);
    int (*pthread_setname_np)(unsigned long, const char*);
    bool is_libc;  // all of them; false: calls may come back into our hooks
    // The program's look-ups find our realloc. If not, blocks are another allocator's, and
    // libc's reallocarray finds that one's realloc, as it would without us.
    bool is_realloc_ours;
    bool array_calls_realloc;  // reallocarray is libc's
};
extern __attribute__((visibility("hidden"))) Real real;

// True once `real` is filled. The first call looks the functions up; while it
// is doing so, allocations are served by bootstrap.h.
bool real_is_ready();

}  // namespace mt::runtime

#endif
