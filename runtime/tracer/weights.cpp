// SPDX-License-Identifier: MIT
#include "tracer/weights.h"

#include "abi/weight.h"
#include "table/counters.h"

namespace mt::runtime {
namespace {

// False: it should have one and there is no memory.
bool find(LiveState& state, Shard& shard, u32 stack, Record*& record) {
    record = is_sampled(stack) ? weighted_record_of(state, shard, stack) : nullptr;
    if (record == nullptr) return !is_sampled(stack);
    keep_peak(state, *record);
    return true;
}

void add(u64& bytes, u64 size, u64 mean) {
    const Weight weight = weight_of(size, mean);
    add_own(bytes, weight.bytes, weight.count);
}

}  // namespace

bool note_sampled(ThreadContext& c, LiveState& state, Shard& shard, u32 in, u32 out) {
    WeightedInflight& journal = c.weighted;
    Record* gets = nullptr;
    Record* gives = nullptr;
    if (!find(state, shard, in, gets) || !find(state, shard, out, gives)) return false;
    // A record that is named has its values noted; one that is not is not looked at.
    forget_weights(c);
    if (gets != nullptr) {
        publish(journal.before_alloc_bytes, gets->alloc_bytes);
        publish(journal.before_alloc_count, gets->alloc_count);
        publish(journal.alloc_record, address_of(gets));
    }
    if (gives != nullptr) {
        publish(journal.before_free_bytes, gives->free_bytes);
        publish(journal.before_free_count, gives->free_count);
        publish(journal.free_record, address_of(gives));
    }
    return true;
}

void apply_noted(ThreadContext& c, const LiveState& state, const Change& change) {
    auto* gets = pointer<Record>(c.weighted.alloc_record);
    auto* gives = pointer<Record>(c.weighted.free_record);
    if (gives != nullptr) add(gives->free_bytes, change.out_size, state.sample_bytes);
    // An event that could not put its word adds nothing.
    if (gets != nullptr && change.in != nullptr) {
        add(gets->alloc_bytes, change.in_size, state.sample_bytes);
    }
}

void count_temporary_weight(ThreadContext& c, const LiveState& state, u64 size) {
    auto* gives = pointer<Record>(c.weighted.free_record);
    if (gives != nullptr) {
        add_own(gives->temporary_count, weight_of(size, state.sample_bytes).count);
    }
}

void take_weights_back(const WeightedInflight& journal, Op op) {
    auto* gets = pointer<Record>(op == Op::free ? 0 : journal.alloc_record);
    auto* gives = pointer<Record>(op == Op::allocate ? 0 : journal.free_record);
    if (gets != nullptr) {
        publish_pair(gets->alloc_bytes,
                     Pair{journal.before_alloc_bytes, journal.before_alloc_count});
    }
    if (gives != nullptr) {
        publish_pair(gives->free_bytes, Pair{journal.before_free_bytes, journal.before_free_count});
    }
}

}  // namespace mt::runtime
