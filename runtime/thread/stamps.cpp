// SPDX-License-Identifier: MIT
#include "thread/stamps.h"

#include "abi/stamp.h"
#include "table/header.h"

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

}  // namespace mt::runtime
