// SPDX-License-Identifier: MIT
//
// What the stamp of a block says: after which mark, by which thread and in which
// order it was allocated. No clock is read. Part of the format.
#ifndef MEMTRACE_ABI_STAMP_H
#define MEMTRACE_ABI_STAMP_H

#include "abi/layout.h"

namespace mt::abi {

// generation : 24 | thread serial : 24 | sequence : 16. Never 0, which is "not
// stamped", for a sequence is not. The generation is Root::mark_request, the
// serial that of the allocating thread's row (0: it had none); both without
// their upper bits.
inline constexpr u32 kStampGenerations = 1u << 24;
inline constexpr u32 kStampSerials = 1u << 24;

constexpr u64 make_stamp(u32 generation, u32 serial, u32 sequence) {
    return u64{generation % kStampGenerations} << 40 | u64{serial % kStampSerials} << 16 | sequence;
}
constexpr u32 stamp_generation(u64 stamp) { return static_cast<u32>(stamp >> 40); }
constexpr u32 stamp_serial(u64 stamp) {
    return static_cast<u32>(stamp >> 16) & (kStampSerials - 1);
}
constexpr u32 stamp_sequence(u64 stamp) { return static_cast<u32>(stamp & 0xffff); }

// The order of allocations comes from tickets, State::tickets of them so far, from 1. A
// thread takes them by the batch, so that a batch is of one context.
inline constexpr u32 kTicketBatch = 64;
inline constexpr u32 kTicketBits = 40;  // in State::mark_start

// State::stamped of a state that was made to stamp: it has no block without.
inline constexpr u64 kStampedThroughout = 2;

// A sequence is the number of an allocation within its generation, from 1: as it
// is below 2048, then in steps of at most one in 1024, so that 16 bits always do.
inline constexpr u32 kExactSequences = 2048;
constexpr u32 sequence_of(u64 number) {
    if (number < kExactSequences) return number != 0 ? static_cast<u32>(number) : 1;
    const u32 shift = 53 - static_cast<u32>(__builtin_clzll(number));
    return (shift << 10) + static_cast<u32>(number >> shift);
}
// The least number that has this sequence.
constexpr u64 number_of(u32 sequence) {
    if (sequence < kExactSequences) return sequence;
    const u32 shift = (sequence >> 10) - 1;
    return u64{sequence - (shift << 10)} << shift;
}
static_assert(number_of(sequence_of(1)) == 1 && number_of(sequence_of(2047)) == 2047);
static_assert(sequence_of(2048) == 2048 && number_of(sequence_of(4098)) == 4096);
static_assert(sequence_of(~u64{0}) <= 0xffff);

}  // namespace mt::abi

#endif
