// SPDX-License-Identifier: MIT
#include "table/counters.h"

#include "table/publish.h"

namespace mt::runtime {
namespace {

template <typename F>
void each_shard(const LiveState& state, F&& f) {
    for (u64 at = load(state.shards); at != 0;) {
        auto& shard = *pointer<Shard>(at);
        f(shard);
        at = shard.next;
    }
}

// The entry of one radix level, made on first use.
void* level(LiveState& state, u64& entry, std::size_t size) {
    const u64 at = load(entry);
    if (at != 0) return pointer<void>(at);
    void* fresh = state.pool.take(size);
    if (fresh != nullptr) publish(entry, address_of(fresh));
    return fresh;
}

// What every shard holds now. The limits must come from the same reading as the
// sum, or they would add up to more than the peak.
i64 add_up(const LiveState& state) {
    i64 sum = 0;
    each_shard(state, [&](Shard& shard) {
        shard.seen_net = load(shard.net_bytes);
        sum += shard.seen_net;
    });
    return sum;
}

void take_all_headroom(const LiveState& state) {
    each_shard(state, [](Shard& shard) {
        publish(shard.limit, shard.seen_net);
        shard.seen_events = load(shard.events);
    });
}

// Gives what is left below the peak to those who are likely to need it.
void share_headroom(const LiveState& state, Shard& self, i64 headroom) {
    i64 busy = 1;
    each_shard(state, [&](Shard& shard) {
        if (&shard != &self && load(shard.events) != shard.seen_events) ++busy;
    });
    i64 left = busy;
    each_shard(state, [&](Shard& shard) {
        const u64 events = load(shard.events);
        const bool asks = &shard == &self || (events != shard.seen_events && left > 1);
        if (asks && &shard != &self) --left;
        publish(shard.limit, shard.seen_net + (asks ? headroom / busy : 0));
        shard.seen_events = events;
    });
}

}  // namespace

Shard* make_shard(LiveState& state, u64 context) {
    auto* shard = static_cast<Shard*>(state.pool.take(sizeof(Shard)));
    if (shard == nullptr) return nullptr;
    shard->context = context;
    u64 head = load(state.shards);
    do {
        shard->next = head;
    } while (!__atomic_compare_exchange_n(&state.shards, &head, address_of(shard), false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    add_shared(state.shard_count, 1);
    return shard;
}

Record* record_of(LiveState& state, Shard& shard, u32 stack) {
    constexpr u32 kLowBits = kMiddleBits + kRecordBits;
    auto* middle =
        static_cast<u64*>(level(state, shard.top[stack >> kLowBits], kMiddleEntries * sizeof(u64)));
    if (middle == nullptr) return nullptr;
    auto* records =
        static_cast<Record*>(level(state, middle[stack >> kRecordBits & (kMiddleEntries - 1)],
                                   kRecordsPerChunk * sizeof(Record)));
    return records == nullptr ? nullptr : &records[stack & (kRecordsPerChunk - 1)];
}

void keep_peak(const LiveState& state, Record& record) {
    const u64 epoch = load(state.peak_epoch);
    if (record.peak_epoch == epoch) return;
    publish(record.peak_bytes, static_cast<i64>(record.alloc_bytes - record.free_bytes));
    publish(record.peak_count, static_cast<i64>(record.alloc_count - record.free_count));
    publish(record.peak_epoch, epoch);  // last: until now the live figures were the kept ones
}

bool settle_peak(LiveState& state, Shard& shard) {
    Holder holder(state.peak_lock);
    if (!holder) return false;
    const i64 sum = add_up(state);
    if (sum > state.peak_bytes) {
        // Epoch first: between the two stores current > peak, which readers take
        // for "the peak is now".
        publish(state.peak_epoch, state.peak_epoch + 1);
        publish(state.peak_bytes, sum);
        take_all_headroom(state);
    } else {
        share_headroom(state, shard, state.peak_bytes - sum);
    }
    return true;
}

bool reset_peak(LiveState& state, u64 request) {
    Holder holder(state.peak_lock);
    if (!holder) return false;
    if (state.peak_reset_done == request) return true;  // another thread was first
    publish(state.peak_epoch, state.peak_epoch + 1);
    publish(state.peak_bytes, add_up(state));
    take_all_headroom(state);
    publish(state.peak_reset_done, request);
    return true;
}

i64 current_bytes(const LiveState& state) {
    i64 sum = 0;
    each_shard(state, [&](Shard& shard) { sum += load(shard.net_bytes); });
    return sum;
}

}  // namespace mt::runtime
