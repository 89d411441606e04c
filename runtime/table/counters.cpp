// SPDX-License-Identifier: MIT
#include "table/counters.h"

#include "table/header.h"

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

// So that whatever its thread does next, it settles first.
constexpr i64 kNoEvent = static_cast<i64>(u64{1} << 63);

u64 events_of(const Shard& shard) { return load(shard.alloc_count) + load(shard.free_count); }

// What every shard holds now; `others` had events since the last time.
struct Reading {
    i64 sum = 0;
    i64 others = 0;
};
// The limits fall before the figures are read: whoever has an event after that
// comes to the lock, so that what is shared out is still there.
Reading add_up(const LiveState& state, const Shard* self) {
    Reading reading;
    each_shard(state, [](Shard& shard) { publish(shard.limit, kNoEvent); });
    each_shard(state, [&](Shard& shard) {
        shard.seen_net = net_bytes(shard);
        reading.sum += shard.seen_net;
        if (&shard != self && events_of(shard) != shard.seen_events) ++reading.others;
    });
    return reading;
}

// What all shards together may rise to unseen.
i64 top_of(const LiveState& state, i64 tolerance) {
    const i64 top = state.peak_bytes + tolerance;
    return top < state.ceiling ? top : state.ceiling;
}

// Is another thread inside an event at this moment? One that took its turn before is not:
// after threads that ran one after the other the peak is exact, and no report may say
// that they allocated at the same time.
bool others_are_busy(const Shard& self) {
    if (header() == nullptr) return false;
    for (u64 at = load(header()->contexts); at != 0;) {
        const auto& c = *pointer<const Context>(at);
        if (at != self.context && load(c.busy) != 0 && load(c.tid) != 0) return true;
        at = c.next;
    }
    return false;
}

// Nobody else had an event since the last time: from now on the others ask.
void give_lease(LiveState& state, Shard& self, i64 sum) {
    each_shard(state, [](Shard& shard) { shard.seen_events = events_of(shard); });
    publish(state.leased_net, sum - self.seen_net);
    publish(state.lease, address_of(&self));
    publish(self.limit, top_of(state, 0) - state.leased_net);
}

// Gives what is left below the peak, and the tolerance where threads are known to run
// into each other, to those who are likely to need it.
void share_headroom(const LiveState& state, const Shard& self, const Reading& reading) {
    constexpr i64 kTolerance = 1024;  // of the peak: docs/invariants.md, "Counters and peak"
    const i64 busy = reading.others + 1;
    const i64 tolerance = load(state.concurrent) != 0 ? state.peak_bytes / kTolerance : 0;
    const i64 room = top_of(state, tolerance) - reading.sum;
    if (room < 0) return;  // above the ceiling: everybody comes again
    const i64 part = room / busy;
    i64 left = reading.others;
    each_shard(state, [&](Shard& shard) {
        const u64 events = events_of(shard);
        const bool other = &shard != &self && events != shard.seen_events && left > 0;
        if (other) --left;
        publish(shard.limit, shard.seen_net + (other || &shard == &self ? part : 0));
        shard.seen_events = events;
    });
}

void raise_peak(LiveState& state, i64 sum) {
    // Epoch first: between the two stores current > peak, which readers take
    // for "the peak is now".
    publish(state.peak_epoch, state.peak_epoch + 1);
    publish(state.peak_bytes, sum);
}

}  // namespace

Shard* make_shard(LiveState& state, u64 context) {
    auto* shard = static_cast<Shard*>(state.pool.take(sizeof(Shard)));
    if (shard == nullptr) return nullptr;
    shard->context = context;
    shard->limit = kNoEvent;  // a lease may be out: its holder does not know this shard
    push_front(state.shards, *shard);
    add_shared(state.shard_count, 1);
    return shard;
}

Record* make_record(LiveState& state, u64* top, u32 stack) {
    constexpr u32 kLowBits = kMiddleBits + kRecordBits;
    auto* middle =
        static_cast<u64*>(level(state, top[stack >> kLowBits], kMiddleEntries * sizeof(u64)));
    if (middle == nullptr) return nullptr;
    auto* records =
        static_cast<Record*>(level(state, middle[stack >> kRecordBits & (kMiddleEntries - 1)],
                                   kRecordsPerChunk * sizeof(Record)));
    return records == nullptr ? nullptr : &records[stack & (kRecordsPerChunk - 1)];
}

Record* weighted_record_of(LiveState& state, Shard& shard, u32 stack) {
    auto* top = static_cast<u64*>(level(state, shard.weighted, kTopEntries * sizeof(u64)));
    if (top == nullptr) return nullptr;
    Record* known = known_record(top, stack);
    return known != nullptr ? known : make_record(state, top, stack);
}

void recount(Shard& shard) {
    Pair allocated = {0, 0};
    Pair freed = {0, 0};
    for (const u64 top : shard.top) {
        for (u32 m = 0; top != 0 && m < kMiddleEntries; ++m) {
            const auto* records = pointer<const Record>(pointer<const u64>(top)[m]);
            for (u32 r = 0; records != nullptr && r < kRecordsPerChunk; ++r) {
                allocated += load_pair(records[r].alloc_bytes);
                freed += load_pair(records[r].free_bytes);
            }
        }
    }
    publish_pair(shard.alloc_bytes, allocated);
    publish_pair(shard.free_bytes, freed);
    publish(shard.limit, kNoEvent);
}

bool settle_peak(LiveState& state, Shard& shard) {
    Holder holder(state.peak_lock);
    if (!holder) {
        publish(state.concurrent, 1);
        return false;
    }
    if ((load(root().request) & kRequestWatch) == 0) state.ceiling = kNoCeiling;
    if (state.lease == address_of(&shard)) {
        const i64 sum = state.leased_net + net_bytes(shard);
        if (sum > state.peak_bytes) raise_peak(state, sum);
        publish(shard.limit, top_of(state, 0) - state.leased_net);
        return true;
    }
    publish(state.lease, 0);
    if (load(state.concurrent) == 0 && others_are_busy(shard)) publish(state.concurrent, 1);
    const Reading reading = add_up(state, &shard);
    if (reading.sum > state.peak_bytes) raise_peak(state, reading.sum);
    if (reading.others == 0) {
        give_lease(state, shard, reading.sum);
    } else {
        share_headroom(state, shard, reading);
    }
    return true;
}

bool reset_peak(LiveState& state, u64 request) {
    Holder holder(state.peak_lock);
    if (!holder) return false;
    if (state.peak_reset_done == request) return true;  // another thread was first
    publish(state.lease, 0);
    raise_peak(state, add_up(state, nullptr).sum);
    publish(state.peak_reset_done, request);
    return true;
}

i64 current_bytes(const LiveState& state) {
    i64 sum = 0;
    each_shard(state, [&](Shard& shard) { sum += net_bytes(shard); });
    return sum;
}

i64 current_blocks(const LiveState& state) {
    i64 sum = 0;
    each_shard(state, [&](Shard& shard) {
        sum += static_cast<i64>(load(shard.alloc_count) - load(shard.free_count));
    });
    return sum;
}

bool set_ceiling(LiveState& state, i64 ceiling) {
    Holder holder(state.peak_lock);
    if (!holder) return false;
    state.ceiling = ceiling;
    publish(state.lease, 0);
    each_shard(state, [](Shard& shard) { publish(shard.limit, kNoEvent); });
    return true;
}

}  // namespace mt::runtime
