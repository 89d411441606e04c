// SPDX-License-Identifier: MIT
//
// The part of the table that a clear replaces, counters, blocks, totals, and what
// a thread is in the midst of. See abi/layout.h.
#ifndef MEMTRACE_ABI_STATE_H
#define MEMTRACE_ABI_STATE_H

#include "abi/process.h"

namespace mt::abi {

// --- counters ----------------------------------------------------------------
// One record per (traceback, domain) and shard; live = alloc - free, summed over
// the shards. At the peak it was: epoch == State::peak_epoch ? peak_* : live.
struct Record {
    u64 alloc_bytes;  // bytes and count change together, by one store
    u64 alloc_count;
    u64 free_bytes;
    u64 free_count;
    i64 peak_bytes;
    i64 peak_count;
    u64 peak_epoch;
    u64 temporary_count;  // freed before their thread allocated again
};

// While a state samples (State::sample_bytes), a block that is not in the sample
// is counted under kStackNotSampled; one that is, under its traceback, so that
// sums over all records stay exact. What is in the sample is counted once more
// in a weighted record of its traceback: bytes and counts there are estimates of
// what the traceback has in all, with these fraction bits (abi/weight.h). The
// reserved tracebacks but kStackDepotFull have no weighted record.
inline constexpr u32 kWeightByteBits = 8;
inline constexpr u32 kWeightCountBits = 16;
inline constexpr u64 kMaxSampleBytes = u64{1} << 40;
constexpr bool is_sampled(u32 stack) {
    return stack == kStackDepotFull || stack >= kReservedStacks;
}

// A shard belongs to one thread at a time. Records are found by stack id in a
// radix: top 8 bits, middle 10, low 6.
inline constexpr u32 kRecordsPerChunk = 64;
inline constexpr u32 kRecordBits = 6;
inline constexpr u32 kMiddleEntries = 1024;
inline constexpr u32 kMiddleBits = 10;
inline constexpr u32 kTopEntries = 256;

struct Shard {
    u64 next;
    u64 context;          // of the thread that writes it; 0 = free to take
    i64 limit;            // its net bytes may rise to this without a look at the peak
    u64 untracked_frees;  // of blocks that are in no trace
    // Sums over its records. A pair changes by one store.
    u64 alloc_bytes;
    u64 alloc_count;
    u64 free_bytes;
    u64 free_count;
    u64 weighted;     // a second radix like `top`, of weighted records; 0 = none
    u64 seen_events;  // events when the limits were last shared out
    i64 seen_net;     // its net bytes as they were added up then
    // For mt scope, while kRequestScopes is set: the Root::scope_epoch that its last event
    // saw and its highest net bytes since that event, the same of the epoch before that
    // it saw. Whoever raises the epoch reads both afterwards, and misses nothing.
    u64 scope_epoch;
    i64 scope_top;
    u64 last_scope_epoch;
    i64 last_scope_top;
    i64 own_top;  // its highest net bytes since the thread's innermost open scope began
    u64 reserved[16];
    u64 top[kTopEntries];  // -> u64[kMiddleEntries] -> Record[kRecordsPerChunk]
};

// --- live blocks -------------------------------------------------------------
// Where a block's word may stand follows from its address. A line of 8 words is for all
// that begins in 2 KiB. Once a line did not suffice, the blocks below kSmallBlock in the
// 32 KiB around it go to the word of their granule of 64 bytes in the first sheet, or, where
// another begins in that granule too, in the second; so does what finds a line full. What is
// left stands in a fine leaf by 8-byte granule. A block never moves, and is in exactly one.
//
// Word = offset / 8 in the page : 9 | size : 31 | stack id : 24; 0 = empty.
inline constexpr u32 kRegionBits = 25;  // 32 MiB of address space
inline constexpr u32 kPageBits = 12;
inline constexpr u32 kPagesPerRegion = 1u << (kRegionBits - kPageBits);
inline constexpr u32 kLineBits = 11;
inline constexpr u32 kLinesPerRegion = 1u << (kRegionBits - kLineBits);
inline constexpr u32 kLineWords = 8;
inline constexpr u64 kSmallBlock = 256;  // bytes; of larger ones no more than 8 fit a line
inline constexpr u32 kGranuleBits = 6;
inline constexpr u32 kSheetBits = 20;  // 1 MiB of address space
inline constexpr u32 kSheetsPerRegion = 1u << (kRegionBits - kSheetBits);
inline constexpr u32 kSheetWords = 1u << (kSheetBits - kGranuleBits);
inline constexpr u32 kFineWords = 512;
inline constexpr u32 kFineGranuleBits = 3;
inline constexpr u64 kSizeEscape = 0x7fffffff;  // the true size stands in the tracked table

constexpr u64 make_word(u64 address, u64 size, u32 stack) {
    return ((address & 0xfff) >> 3) << 55 | size << kStackIdBits | stack;
}
constexpr u64 word_offset(u64 word) { return (word >> 55) << 3; }  // bytes into the page
constexpr u64 word_size(u64 word) { return word >> kStackIdBits & kSizeEscape; }
constexpr u32 word_stack(u64 word) { return static_cast<u32>(word & 0xffffff); }

// What a page's blocks have been put into, ever: so the runtime need not look where nothing
// can be; readers look everywhere. The first two are of all 8 pages whose words in a sheet
// share a page of it.
inline constexpr u8 kHasGranules = 1, kHasSecond = 2, kHasLine = 4, kHasLeaf = 8;
inline constexpr u32 kPagesPerGroup = 8;

struct Region {
    u64 base;  // address >> kRegionBits << kRegionBits
    u64 next;
    u64 stamps;  // -> u64[kLinesPerRegion][kLineWords]: of the words in `line`; 0 = none
    u64 self;    // a region of the lowest addresses may have nothing else here
    // First and second -> u64[kSheetWords], of 1 MiB each; the stamps of their words. 0 = none.
    u64 sheet[2][kSheetsPerRegion];
    u64 sheet_stamps[2][kSheetsPerRegion];
    u64 reserved[380];
    u64 places[kPagesPerRegion / kPagesPerGroup];  // a byte of each page
    u64 fine[kPagesPerRegion];  // -> u64[kFineWords] in a chunk (Mapping), by page; 0 = nothing
    u64 line[kLinesPerRegion][kLineWords];
};

struct Tracked {  // a number of the program's own in a domain of its own; or a large block
    u32 domain;
    u32 stack;  // 0 = empty, kTrackedTombstone = removed; written last
    u64 key;
    u64 size;
    u64 stamp;  // abi/stamp.h
};
inline constexpr u32 kTrackedTombstone = 0xffffffff;
inline constexpr u32 kDomainLarge = 0xffffffff;  // in State::tracked only: see there
inline constexpr u32 kTrackedParts = 128;        // tables behind State::tracked_parts, by hash

// The last frees of domain 0, while a state was made to keep them. An entry is written
// before its free begins and means nothing while that block lives; `check` is the
// exclusive or of all words before it, for two threads may write one entry when the
// ring has gone round meanwhile. Frees of signal handlers inside an event are not in it.
struct FreedBlock {
    u64 sequence;  // number of the free, from 1, in entry (sequence - 1) % capacity; 0 = empty
    u64 address;
    u64 size;
    u64 stacks;  // stack id that allocated it | stack id that freed it << 32, 0 = not known
    u64 thread;  // serial of the one that freed it; 0 = not known
    u64 check;
    u64 reserved[2];
};
inline constexpr u64 kMostFreedBlocks = 1u << 20;

struct FreedRing {
    u64 capacity;
    u64 count;  // frees so far
    u64 reserved[6];
    // FreedBlock entry[capacity] follows
};
constexpr u64 freed_check(const FreedBlock& e) {
    return e.sequence ^ e.address ^ e.size ^ e.stacks ^ e.thread;
}

struct TrackedTable {
    u64 capacity;  // a power of two
    u64 used;      // slots that are not empty, tombstones too; or more
    u64 reserved[6];
    // Tracked slot[capacity] follows
};

// --- the state ---------------------------------------------------------------
struct State {
    u64 self;
    u32 generation;  // of the request that it was made for
    u32 reserved0;
    u64 regions;
    u64 shards;
    u64 tracked;       // table of the sizes of blocks of kSizeEscape bytes and more
    u64 mapped_bytes;  // memory of this state
    u64 region_count;
    u64 shard_count;
    // its own cache line: written at a new peak only
    i64 peak_bytes;
    u64 peak_epoch;
    u64 peak_reset_done;  // answers Root::peak_reset_request
    u64 lease;            // shard that raises the peak alone: any other one settles first
    u64 sample_bytes;     // mean bytes between samples; 0 = every allocation has its stack
    i64 leased_net;       // net bytes of all other shards while there is a lease
    u64 tracked_parts;    // -> u64[kTrackedParts] -> TrackedTable: what the program tracks
    u64 concurrent;       // not 0: threads were seen to have events at the same time
    u64 loss_base[kLossSlots];
    // of their own cache line again
    u64 stamped;     // not 0: blocks get stamps, for as long as the state lives
    u64 tickets;     // for the order of stamps; threads take them by the batch
    u64 mark_start;  // generation : 24 | the ticket with which it began : 40
    u64 freed;       // -> FreedRing; 0 = frees are not kept
    u64 memory;      // -> PoolHead, in this mapping
    u64 mapping_size;
    u64 next_retired;  // -> State
    // Not 0: each call of the family that has come to the runtime since the process began was
    // recorded here, or is counted as a loss; and each block that it gave is in the table
    // unless the program has said otherwise (memtrace_untrack). Never set again.
    u64 since_beginning;
    u64 reserved2[40];
};

// --- an event in flight ------------------------------------------------------
// Published before an event's first write, withdrawn after its last. While op is
// set and not committed a reader restores the counters to their values before
// (before_*) and the block list likewise; from `committed` on all is after but
// the shard's sums, which follow. Fields that an operation does not name hold
// whatever an earlier one left.
enum class Op : u64 {
    none = 0,
    allocate = 1,  // address, size, alloc_record
    free = 2,      // address, old_word, old_size, free_record
    move = 3,      // all; realloc: address -> new_address; or a block that replaces a stale one
    drain = 4,     // an entry of the ring enters the counters; ring_position says which
    track = 5,     // domain, address (the key), size; old_word is the stack id of what
                   // stood there, 0 = nothing; old_size, both records. Whatever it does,
                   // nobody else changes that key meanwhile
};
inline constexpr u64 kCommitted = 0x100;

struct Inflight {
    u64 op;            // Op | kCommitted; written last
    u64 address;       // of the block that goes (free, move) or comes (allocate)
    u64 size;          // of what comes
    u64 new_address;   // move: of what comes; 0 until known
    u64 old_word;      // the word of what goes
    u64 old_size;      // its size
    u64 alloc_record;  // address of the record that gets what comes; 0 = none yet
    u64 free_record;   // of the record that gives what goes
    u64 before_alloc_bytes;
    u64 before_alloc_count;
    u64 before_free_bytes;
    u64 before_free_count;
    u64 ring_position;
    u64 domain;
    u64 old_stamp;  // of what goes; 0 = it has none, or the state does not stamp
    u64 reserved[1];
};

// Events of a signal handler inside an event: the outer one enters them later.
struct RingEntry {
    u64 stack_op;  // stack id : 24 | Op << 32 | low 16 bits of the state's generation << 48;
                   // 0 = empty; of another generation: void
    u64 size;
};
constexpr u32 stack_of(const RingEntry& e) { return static_cast<u32>(e.stack_op); }
constexpr Op op_of(const RingEntry& e) { return static_cast<Op>(e.stack_op >> 32 & 0xffff); }
constexpr bool is_of_generation(const RingEntry& e, u32 generation) {
    return e.stack_op >> 48 == (generation & 0xffff);
}
inline constexpr u32 kRingEntries = 64;

// The rest of the journal while the state samples, with Inflight's meaning.
struct WeightedInflight {
    u64 alloc_record;  // address of a weighted record; 0 = none
    u64 free_record;
    u64 before_alloc_bytes;
    u64 before_alloc_count;
    u64 before_free_bytes;
    u64 before_free_count;
};

struct Context {
    u64 next;
    u64 self;
    u32 tid;                    // 0 = thread ended, free to take
    u32 pid;                    // another one than Root::pid: void since a fork
    u64 thread;                 // address of its Thread row
    u64 state;                  // the state of its last event; in use while busy
    u64 shard;                  // its shard in that state; 0 while it pauses
    u64 busy;                   // stack address at which the event began; 0 = none
    u64 ring_head;              // next position to write
    u64 ring_tail;              // next position to drain
    WeightedInflight weighted;  // void unless the event's state samples
    u32 pauses;                 // how often the thread has asked that nothing be recorded
    u32 reserved;
    Inflight inflight;
    RingEntry ring[kRingEntries];
    // private to the runtime from here on
};

}  // namespace mt::abi

#endif
