// SPDX-License-Identifier: MIT
//
// Counters per traceback in shards of one writer each, and the peak over all of
// them. What is live is alloc - free summed over the shards; nothing shared is
// written below the peak (contract 1, 2).
//
// The peak without a shared counter: each shard may let its net bytes rise to
// its limit; the limits add up to no more than the peak. Whoever would pass its
// limit adds up all shards under the lock: either that sum is a new peak, or
// what is left below the peak is shared out anew among the shards that had
// events since. So with one busy thread every new maximum is seen, however many
// idle ones there are; with several the sum may miss one event of each.
#ifndef MEMTRACE_TABLE_COUNTERS_H
#define MEMTRACE_TABLE_COUNTERS_H

#include "abi/layout.h"
#include "table/state.h"

namespace mt::runtime {

// A new shard for the thread of `context`; nullptr: no memory.
abi::Shard* make_shard(LiveState& state, abi::u64 context);

// The record of a traceback; made on first use. nullptr: no memory.
abi::Record* record_of(LiveState& state, abi::Shard& shard, abi::u32 stack);

// Before an event changes a record: keeps what was live at the peak, unless an
// event since the peak has done so.
void keep_peak(const LiveState& state, abi::Record& record);

// After the shard's net figures have changed.
inline bool passes_limit(const abi::Shard& shard) { return shard.net_bytes > shard.limit; }
// Settles with the others; false: the lock was busy (counted by the caller).
bool settle_peak(LiveState& state, abi::Shard& shard);

// peak := current, answering request number `request`. False: the lock was busy.
bool reset_peak(LiveState& state, abi::u64 request);

// Sum of the shards' net bytes; exact only while no other thread has events.
abi::i64 current_bytes(const LiveState& state);

}  // namespace mt::runtime

#endif
