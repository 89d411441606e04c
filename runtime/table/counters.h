// SPDX-License-Identifier: MIT
//
// Counters per traceback in shards of one writer each, and the peak over all of
// them. What is live is alloc - free summed over the shards; nothing shared is
// written below the peak (docs/invariants.md, "Counters and peak").
//
// The peak without a shared counter: each shard may let its net bytes rise to
// its limit; the limits add up to no more than the peak. Whoever would pass its
// limit adds up all shards under the lock: either that sum is a new peak, or
// what is left below the peak is shared out anew among the shards that had
// events since. A shard that was alone since the last time gets a lease: it
// raises the peak by its own figures, and every other one, whatever its event,
// comes to the lock first. So with one busy thread every new maximum is seen at
// a fixed cost, however many idle ones there are. Several busy ones may pass
// their limits by 1/1024 of the peak together before they look.
#ifndef MEMTRACE_TABLE_COUNTERS_H
#define MEMTRACE_TABLE_COUNTERS_H

#include "abi/layout.h"
#include "table/publish.h"
#include "table/state.h"

namespace mt::runtime {

// A new shard for the thread of `context`; nullptr: no memory.
Shard* make_shard(LiveState& state, u64 context);
// Its sums from its records: after an event that ended half way.
void recount(Shard& shard);

// The record of a traceback in a radix (Shard::top), if it was used before.
inline Record* known_record(const u64* top, u32 stack) {
    const u64* middle = pointer<const u64>(top[stack >> (kMiddleBits + kRecordBits)]);
    if (__builtin_expect(middle == nullptr, 0)) return nullptr;
    auto* records = pointer<Record>(middle[stack >> kRecordBits & (kMiddleEntries - 1)]);
    return records != nullptr ? records + (stack & (kRecordsPerChunk - 1)) : nullptr;
}
// The same, made on first use. nullptr: no memory.
Record* make_record(LiveState& state, u64* top, u32 stack);
inline Record* record_of(LiveState& state, Shard& shard, u32 stack) {
    Record* known = known_record(shard.top, stack);
    return __builtin_expect(known != nullptr, 1) ? known : make_record(state, shard.top, stack);
}
// Its weighted one, of a state that samples.
Record* weighted_record_of(LiveState& state, Shard& shard, u32 stack);

inline i64 net_bytes(const Shard& shard) {
    return static_cast<i64>(load(shard.alloc_bytes) - load(shard.free_bytes));
}
// After the shard's sums have changed, by their one writer: only the limit is another's.
inline bool passes_limit(const Shard& shard) {
    return static_cast<i64>(shard.alloc_bytes - shard.free_bytes) > load(shard.limit);
}
// Settles with the others; false: the lock was busy (counted by the caller).
bool settle_peak(LiveState& state, Shard& shard);

// peak := current, answering request number `request`. False: the lock was busy.
bool reset_peak(LiveState& state, u64 request);

// Sums over the shards of net bytes and blocks; exact only while no other thread has
// events.
i64 current_bytes(const LiveState& state);
i64 current_blocks(const LiveState& state);

// From now on, while conditions are armed: a shard whose event takes the sum above
// `ceiling` passes its limit, also after it has settled. False: the lock was busy.
bool set_ceiling(LiveState& state, i64 ceiling);

}  // namespace mt::runtime

#endif
