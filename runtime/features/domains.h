// SPDX-License-Identifier: MIT
//
// What the functions of memtrace.h mean by which a program tells of memory that the
// malloc family does not give: an event each, like those of record/family.h. Results
// are those of memtrace.h.
#ifndef MEMTRACE_FEATURES_DOMAINS_H
#define MEMTRACE_FEATURES_DOMAINS_H

#include "record/event.h"

namespace mt::runtime {

int on_track(u32 domain, u64 key, u64 size, const Caller& caller);
int on_untrack(u32 domain, u64 key, const Caller& caller);
int on_touch(u32 domain, u64 key, const Caller& caller);
// The block at `address` is a page of a pool, see record/pages.h.
int on_pool(u64 address, const Caller& caller);

// What the calling thread allocates or tracks is not recorded meanwhile; counted.
// May be called while tracing is off: the thread's pause lasts into the next start.
void pause_thread();
void resume_thread();

}  // namespace mt::runtime

#endif
