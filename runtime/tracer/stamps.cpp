// SPDX-License-Identifier: MIT
#include "tracer/stamps.h"

#include "table/header.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

constexpr u64 kTickets = u64{1} << kTicketBits;

// The number of `ticket` among those of the generation, which begins with the first.
u64 number_in(LiveState& state, u32 generation, u64 ticket) {
    u64 start = load(state.mark_start);
    const auto ahead = static_cast<u32>(generation - (start >> kTicketBits)) % kStampGenerations;
    const bool is_first = start == 0 || ahead != 0;
    if (start != 0 && ahead >= kStampGenerations / 2) return ~u64{0};  // others have a later mark
    if (is_first) {
        exchange_if(state.mark_start, start, u64{generation} << kTicketBits | ticket % kTickets);
        start = load(state.mark_start);
    }
    const u64 number = (ticket - start) % kTickets;
    return number < kTickets / 2 ? number + 1 : 1;  // a ticket from before
}

}  // namespace

u64 stamp_now(ThreadContext& c, LiveState& state) {
    const auto generation = static_cast<u32>(load(root().mark_request) % kStampGenerations);
    const auto* row = pointer<const Thread>(c.thread);
    const u64 number = number_in(state, generation, c.tickets.next(state));
    return make_stamp(generation, row != nullptr ? row->serial : 0, sequence_of(number));
}

void put_stamp(LiveState& state, u64 address, u64 stamp) {
    const u64* slot = state.blocks.find(address);
    if (slot == nullptr) return;
    u64* at = state.blocks.stamp(address, slot, true);
    if (at == nullptr) return count_loss(LossKind::stamp_lost);
    publish(*at, stamp);
}

u64* note_stamp(ThreadContext& c, const LiveState& state, u64 address, const u64* slot) {
    u64* at = state.blocks.stamp(address, slot, false);
    publish(c.inflight.old_stamp, at != nullptr ? *at : 0);
    return at;
}

}  // namespace mt::runtime
