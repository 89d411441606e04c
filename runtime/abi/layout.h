// SPDX-License-Identifier: MIT
//
// The table: every byte that the runtime publishes and a reader may look at.
// This room is the only thing that the traced program and the debugger share.
// It holds fixed-width data and constants, and functions that take them apart.
//
// Map (every address is one of the traced process):
//
//   Root  (page in .data of the runtime, symbol memtrace_root)
//    └─ header ──► Header (first pages of the table's own mapping; found by its magic too)
//         ├─ node_chunk[]   ──► Node[65536]     the stack depot: frames with parents
//         ├─ stack_chunk[]  ──► Stack[65536]    stack id -> (innermost node, domain)
//         ├─ module_chunk[] ──► Module[256]     what was mapped where, and when
//         ├─ thread_chunk[] ──► Thread[128]     totals of each thread, dead ones too
//         ├─ scope_names, scope_logs ──► ScopeName[], ScopeLog ──► …  the program's scopes
//         ├─ contexts ──► Context ──► …         one per thread: its event in flight
//         ├─ memory ──► PoolHead ──► Mapping ──► …  what is mapped for all of these
//         ├─ retired ──► State ──► …            replaced, and not given back yet
//         ├─ box ──► Box                        the file that all of this is kept in, if any
//         └─ state ──► State                    everything that a clear replaces
//              ├─ regions ──► Region ──► …      live blocks, one 8-byte word each
//              ├─ shards  ──► Shard  ──► …      counters per traceback and thread
//              ├─ tracked ──► TrackedTable      sizes of blocks too large for a word
//              ├─ freed   ──► FreedRing         the last frees, if they are kept
//              ├─ memory  ──► PoolHead ──► Mapping ──► …
//              └─ tracked_parts[] ──► TrackedTable   what the program tracks, by domain
//
// Rule for changing it: a field may be appended where the struct ends or a
// reserved word stands, which raises kMinor; anything else raises kMajor. The
// static_asserts at the end change in the same commit as the number. Readers
// accept every minor of their major and use the sizes that the header states.
//
// Memory order: a pointer, a count or a word is published with one release
// store after what it refers to is complete; memory comes zeroed. A reader that
// stops the process anywhere finds each of them whole, or absent.
#ifndef MEMTRACE_ABI_LAYOUT_H
#define MEMTRACE_ABI_LAYOUT_H

#include "abi/box.h"
#include "abi/process.h"
#include "abi/scopes.h"
#include "abi/state.h"

namespace mt::abi {

// --- the header --------------------------------------------------------------
struct Header {
    // constant: written before Root::header, covered by checksum
    char magic[16];
    u16 major;
    u16 minor;
    u32 header_size;
    u32 constant_size;  // bytes from the start that checksum covers
    u32 byte_order;
    u8 pointer_width;
    u8 va_bits;
    u16 architecture;  // ELF e_machine
    u32 page_size;
    u64 root;
    u64 self;
    u64 cookie;
    u32 root_size, node_size, stack_size, module_size;
    u32 thread_size, record_size, shard_size, region_size;
    u32 tracked_size, state_size, context_size, inflight_size;
    u32 ring_entry_size, loss_size, max_frames, reserved0;
    u64 checksum;  // FNV-1a over the bytes before it
    // changing
    u64 state;
    u64 contexts;
    u64 node_count;  // indices in use, the reserved ones included
    u64 stack_count;
    u64 module_count;
    u64 thread_count;
    u64 mapped_bytes;   // memory of everything but states
    u64 retired_bytes;  // of states not yet unmapped
    u64 load_sequence;  // loads and unloads seen
    u64 fork_count;
    u64 scope_names;       // -> ScopeName[kScopeNames]; 0 = the program has no scopes
    u64 scope_name_count;  // in use
    u64 scope_logs;
    u64 memory;     // -> PoolHead: all that the process has mapped but this header and states
    u64 retired;    // -> State; the current one may be the first of them for a moment
    u64 bootstrap;  // -> kBootstrapBytes
    u64 box;        // -> Box, in the memory of a file; 0 = there is none
    u32 box_state;  // BoxState, as it was when the header was made: Box::state is later
    u32 box_error;  // BoxError, where that failed
    u64 reserved[13];
    Loss losses[kLossSlots];
    u64 node_chunk[kNodeChunks];
    u64 stack_chunk[kStackChunks];
    u64 module_chunk[kModuleChunks];
    u64 thread_chunk[kThreadChunks];
};
inline constexpr u32 kConstantSize = 128;  // offset of Header::checksum
inline constexpr u32 kHeaderMapping = 65536;

// FNV-1a, 64 bits (Fowler, Noll, Vo): a check against damage, not against forgery.
constexpr u64 checksum(const u8* bytes, std::size_t size) {
    u64 hash = 0xcbf29ce484222325ull;
    for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3ull;
    return hash;
}

// --- what holds for every architecture of this major -------------------------
static_assert(sizeof(WatchSlot) == 32 && sizeof(Root) == 640);
static_assert(offsetof(Root, request) == 24 && offsetof(Root, peak_reset_request) == 32);
static_assert(offsetof(Root, mark_request) == 40 && offsetof(Root, sample_bytes) == 48);
static_assert(offsetof(Root, cookie) == 56 && offsetof(Root, header) == 64);
static_assert(offsetof(Root, pid) == 72 && offsetof(Root, status) == 76);
static_assert(offsetof(Root, reason) == 80 && offsetof(Root, origin) == 84);
static_assert(offsetof(Root, watch_request) == 88 && offsetof(Root, watch) == 128);
static_assert(sizeof(Loss) == 32 && sizeof(Node) == 16 && sizeof(Stack) == 8);
static_assert(sizeof(Module) == 128 && sizeof(Thread) == 128 && sizeof(Record) == 64);
static_assert(offsetof(Record, peak_epoch) == 48);
static_assert(offsetof(Shard, alloc_bytes) % 16 == 0 && offsetof(Shard, free_bytes) % 16 == 0);
static_assert(sizeof(Shard) == 2304 && offsetof(Shard, top) == 256);
static_assert(sizeof(Region) == 4096 + 8192 + 65536 + 1048576);
static_assert(offsetof(Region, sheet) == 32 && offsetof(Region, places) == 4096);
static_assert(offsetof(Region, fine) == 12288 && offsetof(Region, line) == 77824);
static_assert(kPagesPerGroup == sizeof(u64) && kSheetWords * sizeof(u64) == 131072);
static_assert(sizeof(Tracked) == 32 && sizeof(TrackedTable) == 64);
static_assert(offsetof(State, peak_bytes) == 64 && offsetof(State, loss_base) == 128);
static_assert(offsetof(State, sample_bytes) == 96 && offsetof(Shard, weighted) == 64);
static_assert(offsetof(State, tracked_parts) == 112 && offsetof(State, concurrent) == 120);
static_assert(sizeof(Mapping) == 64 && offsetof(Mapping, stamps) == 32);
static_assert(sizeof(PoolHead) == 16 && offsetof(State, memory) == 672);
static_assert(sizeof(State) == 1024 && offsetof(State, freed) == 664);
static_assert(offsetof(State, stamped) == 640 && offsetof(State, since_beginning) == 696);
static_assert(sizeof(FreedBlock) == 64 && sizeof(FreedRing) == 64);
static_assert(offsetof(Root, freed_blocks) == 112 && offsetof(Root, unrecorded) == 120);
static_assert(sizeof(Inflight) == 128 && offsetof(Inflight, domain) == 104);
static_assert(offsetof(Inflight, old_stamp) == 112);
static_assert(sizeof(RingEntry) == 16 && offsetof(Context, pauses) == 120);
static_assert(offsetof(Context, inflight) == 128 && offsetof(Context, ring) == 256);
static_assert(sizeof(WeightedInflight) == 48 && offsetof(Context, weighted) == 72);
static_assert(sizeof(Context) == 1280);
static_assert(offsetof(Header, root) == 40 && offsetof(Header, checksum) == kConstantSize);
static_assert(offsetof(Header, state) == kConstantSize + 8 && offsetof(Header, losses) == 384);
static_assert(offsetof(Header, memory) == 240 && offsetof(Header, bootstrap) == 256);
static_assert(offsetof(Header, box) == 264 && offsetof(Header, box_state) == 272);
static_assert(sizeof(Header) == 384 + 2048 + 8 * (1024 + 256 + 256 + 512));
static_assert(sizeof(Header) <= kHeaderMapping);

}  // namespace mt::abi

#endif
