// SPDX-License-Identifier: MIT
#include "journal/weights.h"

#include "table/counters.h"

namespace mt::runtime {
namespace {

// False: it should have one and there is no memory.
bool find(const Journal& journal, LiveState& state, Shard& shard, u32 stack, Record*& record) {
    record = is_sampled(stack) ? weighted_record_of(state, shard, stack) : nullptr;
    if (record == nullptr) return !is_sampled(stack);
    journal.keep_peak(load(state.peak_epoch), *record);
    return true;
}

}  // namespace

bool note_sampled(Context& c, LiveState& state, Shard& shard, u32 in, u32 out) {
    const Journal journal(c);
    Record* gets = nullptr;
    Record* gives = nullptr;
    const bool found =
        find(journal, state, shard, in, gets) && find(journal, state, shard, out, gives);
    if (found) journal.note_weighted(gets, gives);
    return found;
}

void apply_noted(Context& c, const LiveState& state, Change change) {
    Journal(c).apply_weighted(pointer<Record>(c.weighted.alloc_record),
                              pointer<Record>(c.weighted.free_record), state.sample_bytes, change);
}

void count_temporary_weight(Context& c, const LiveState& state, u64 size) {
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
