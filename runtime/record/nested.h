// SPDX-License-Identifier: MIT
//
// Events inside an event: the block table is kept right at once, the counters
// get theirs through a small ring that the outer event empties.
// Takes no lock but the one for sizes of 2 GiB and more, walks no stack.
#ifndef MEMTRACE_RECORD_NESTED_H
#define MEMTRACE_RECORD_NESTED_H

#include "thread/context.h"

namespace mt::runtime {

// False: not recorded (counted).
bool nested_allocate(ThreadContext& c, abi::u64 address, abi::u64 size, abi::u64 request);
// Nothing is to be recorded now.
void nested_miss(ThreadContext& c, abi::u64 request);
void nested_free(ThreadContext& c, abi::u64 address, abi::u64 request);

// A realloc: the word is withdrawn before the real call (0: was not traced) and
// put back with its stamp when that fails; otherwise both halves go into the ring.
abi::u64 nested_withdraw(ThreadContext& c, abi::u64 address, abi::u64 request, abi::u64& stamp);
void nested_put_back(ThreadContext& c, abi::u64 address, abi::u64 word, abi::u64 stamp,
                     abi::u64 request);
void nested_moved(ThreadContext& c, abi::u64 address, abi::u64 word, abi::u64 new_address,
                  abi::u64 size, abi::u64 request);

// Pages of pools (record/pages.h).
bool nested_withdraw_page(ThreadContext& c, abi::u64 address, abi::u64 request);
void nested_add_page(ThreadContext& c, abi::u64 address, abi::u64 request);

// What the program tracks itself. In a domain of its own: at once, if the lock can be
// had. Results as for memtrace.h, kDone or kNotRecorded.
enum : int { kDone = 0, kNotRecorded = -1, kOff = -2 };
int nested_track(ThreadContext& c, abi::u32 domain, abi::u64 key, abi::u64 size, abi::u64 request);
int nested_untrack(ThreadContext& c, abi::u32 domain, abi::u64 key, abi::u64 request);
int nested_pool(ThreadContext& c, abi::u64 address, abi::u64 request);

// With c.state published, at the end of an event.
void drain_ring(ThreadContext& c);

}  // namespace mt::runtime

#endif
