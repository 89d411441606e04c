// SPDX-License-Identifier: MIT
//
// What could not be recorded, by name: the one answer of the runtime to every
// failure of its own.
#ifndef MEMTRACE_TABLE_LOSSES_H
#define MEMTRACE_TABLE_LOSSES_H

#include "abi/layout.h"

namespace mt::runtime {

// The order is part of no contract: readers print names.
enum class LossKind : abi::u32 {
    no_memory,        // an allocation was not recorded: no page for the table
    no_context,       // an event of a thread that could get no context
    depot_full,       // a traceback was counted under "depot full"
    depot_busy,       // the same: the depot's lock could not be had
    state_busy,       // an event while another thread was building the state
    peak_busy,        // the peak was not looked at after an event
    modules_full,     // a frame without its module
    threads_full,     // a thread without a row of its own
    nested_overflow,  // an event inside an event found the ring full
    guard_healed,     // an event was abandoned by a jump out of it
    bad_address,      // a block outside the addresses that the table can hold
    large_lost,       // a block of 2 GiB or more whose size could not be kept
    tracked_busy,     // a key was not tracked: its part of the table was busy
    untrack_lost,     // a key that was to be forgotten stays: the same
    stamp_lost,       // a block without its stamp: no page for it
    count_,
};

void count_loss(LossKind kind, abi::u64 amount = 1);
// Writes the names, and what was counted before there was a header.
void publish_losses(abi::Loss* slots);

}  // namespace mt::runtime

#endif
