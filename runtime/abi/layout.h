// SPDX-License-Identifier: MIT
//
// The table: every byte that the runtime publishes and a reader may look at.
// This room is the only thing that the traced program and the debugger share.
// It holds fixed-width data and constants, nothing that runs.
//
// Map (every address is one of the traced process):
//
//   Root  (page in .data of the runtime, symbol memtrace_root)
//    └─ header ──► Header (first pages of the table's own mapping; found by its magic too)
//         ├─ node_chunk[]   ──► Node[65536]     the stack depot: frames with parents
//         ├─ stack_chunk[]  ──► Stack[65536]    stack id -> (innermost node, domain)
//         ├─ module_chunk[] ──► Module[256]     what was mapped where, and when
//         ├─ thread_chunk[] ──► Thread[128]     totals of each thread, dead ones too
//         ├─ contexts ──► Context ──► …         one per thread: its event in flight
//         └─ state ──► State                    everything that a clear replaces
//              ├─ regions ──► Region ──► …      live blocks, one 8-byte word each
//              ├─ shards  ──► Shard  ──► …      counters per traceback and thread
//              └─ tracked ──► TrackedTable      blocks too large for a word; domains
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

#include <cstddef>
#include <cstdint>

namespace mt::abi {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

inline constexpr u16 kMajor = 1;
inline constexpr u16 kMinor = 1;
inline constexpr char kRootMagic[16] = {'m', 'e', 'm', 't', 'r', 'a',  'c',  'e',
                                        ' ', 'r', 'o', 'o', 't', '\r', '\n', '\x1a'};
inline constexpr char kHeaderMagic[16] = {'m', 'e', 'm', 't', 'r', 'a',  'c',  'e',
                                          ' ', 't', 'a', 'b', 'l', '\r', '\n', '\x1a'};
inline constexpr u32 kByteOrder = 0x01020304;
inline constexpr u32 kPageSize = 4096;

// --- requests --------------------------------------------------------------
// The debugger (or the program through memtrace.h) writes Root::request,
// peak_reset_request, mark_request, sample_bytes and watch; nobody writes
// anything else of another's. One aligned 64-bit store each.
inline constexpr u64 kRequestOn = 1;        // record
inline constexpr u64 kRequestPaused = 2;    // frees still erase, nothing is added
inline constexpr u64 kRequestSampling = 4;  // stacks for a sample only
inline constexpr u64 kRequestStamps = 8;    // stamp blocks with generation and thread
inline constexpr u32 kRequestLimitShift = 16;
inline constexpr u32 kRequestGenerationShift = 32;

constexpr u16 request_limit(u64 request) { return static_cast<u16>(request >> kRequestLimitShift); }
constexpr u32 request_generation(u64 request) {
    return static_cast<u32>(request >> kRequestGenerationShift);
}
constexpr u64 make_request(u64 flags, u16 limit, u32 generation) {
    return (flags & 0xffff) | (u64{limit} << kRequestLimitShift) |
           (u64{generation} << kRequestGenerationShift);
}

inline constexpr u32 kMaxFrames = 256;         // recorded; a deeper stack is cut
inline constexpr u16 kDefaultFrameLimit = 32;  // grouped and shown

enum class Status : u32 {
    untouched = 0,  // no allocation function has been called yet
    ready = 1,      // obeys requests
    refused = 2,    // stays off for good; Root::reason says why
};

enum class Reason : u32 {
    none = 0,
    bad_environment = 1,  // MEMTRACE could not be parsed; tracing stays off until mt start
    no_next_malloc = 2,   // the real functions were not found
    second_copy = 3,      // another runtime was loaded first
    no_memory = 4,        // the table could not be mapped; tried again at the next start
    secure_process = 5,   // AT_SECURE: the environment was ignored
};

enum class Origin : u32 { unknown = 0, preloaded = 1, linked = 2 };

struct WatchSlot {  // reserved for mt break
    u32 condition;
    u32 flags;
    u64 value;
    u64 argument;
    u64 hits;
};

struct Root {  // page aligned, in .data
    char magic[16];
    u16 major;
    u16 minor;
    u32 size;                // of Root
    u64 request;             // see above
    u64 peak_reset_request;  // a sequence; the runtime answers in State
    u64 mark_request;        // a sequence
    u64 sample_bytes;        // mean bytes between samples
    u64 cookie;              // of this process, from AT_RANDOM; 0 until Status::ready
    u64 header;              // address of Header; 0 until the first traced event
    u32 pid;                 // of the process that owns the table (a fork's child writes its own)
    u32 status;              // Status
    u32 reason;              // Reason
    u32 origin;              // Origin
    u64 reserved[5];
    WatchSlot watch[16];
};

// --- losses ----------------------------------------------------------------
// What could not be recorded, by name. Counts only grow; State::loss_base holds
// their values when the state was made.
struct Loss {
    char name[24];  // ASCII, zero padded; an unused slot has an empty name
    u64 count;
};
inline constexpr u32 kLossSlots = 64;

// --- the depot ---------------------------------------------------------------
// A traceback is a chain of nodes from its innermost frame (Stack::node) to a
// root. Roots are the reserved node indices; which one says how the stack ends.
// Invariant: parent < own index, so every chain ends.
inline constexpr u32 kRootComplete = 0;  // the outermost frame is the thread's first
inline constexpr u32 kRootCut = 1;       // deeper than kMaxFrames; the innermost were kept
inline constexpr u32 kRootBroken = 2;    // the walk could not go on (no unwind rule, bad frame)
inline constexpr u32 kReservedNodes = 16;

struct Node {
    u64 pc_module;  // pc: low 48 bits; module index: high 16 (0 = in no module)
    u32 parent;
    u32 id;  // stack id of the domain-0 traceback that ends here; 0 = none
};
// pc is a return address; where a signal interrupted the frame it is that
// address plus one. So pc - 1 lies in the calling instruction in both cases.
constexpr u64 node_pc(u64 pc_module) { return pc_module & 0xffff'ffff'ffffull; }
constexpr u16 node_module(u64 pc_module) { return static_cast<u16>(pc_module >> 48); }

struct Stack {
    u32 node;
    u32 domain;
};
inline constexpr u32 kStackNone = 0;
inline constexpr u32 kStackNested = 1;     // allocated inside a traced event (signal handler)
inline constexpr u32 kStackDepotFull = 2;  // the traceback could not be interned
inline constexpr u32 kStackNotSampled = 3;
inline constexpr u32 kReservedStacks = 16;
inline constexpr u32 kStackIdBits = 24;

inline constexpr u32 kNodesPerChunk = 65536;
inline constexpr u32 kNodeChunks = 1024;
inline constexpr u32 kStacksPerChunk = 65536;
inline constexpr u32 kStackChunks = 256;

struct Module {
    u64 bias;             // load address minus ELF virtual address
    u64 start;            // first mapped address
    u64 end;              // one past the last
    u64 load_sequence;    // position among all loads and unloads seen, from 1
    u64 unload_sequence;  // 0 = still mapped
    u64 path;             // address of its name, not zero terminated
    u32 path_length;
    u32 build_id_length;  // 0 = has none
    u8 build_id[20];
    u32 reserved0;
    u64 reserved[6];
};
inline constexpr u32 kModulesPerChunk = 256;
inline constexpr u32 kModuleChunks = 256;  // module index 0 is "none"

struct Thread {
    u32 serial;  // from 1, never reused; 0 = row not filled yet
    u32 tid;
    char comm[16];       // name when the thread was first seen
    u64 start_sequence;  // how many threads had been seen before
    u32 generation;      // of the totals below; another one than the state's means 0
    u32 flags;           // bit 0: row of threads that ended ("exited")
    // Its totals are those of its shard, less what the shard had counted before
    // this thread got it (first_*). Once the thread has ended they stand here.
    u64 alloc_bytes;
    u64 alloc_count;
    u64 free_bytes;
    u64 free_count;
    u64 shard;  // 0 = ended
    u64 first_alloc_bytes;
    u64 first_alloc_count;
    u64 first_free_bytes;
    u64 first_free_count;
    u64 reserved[2];
};
inline constexpr u32 kThreadsPerChunk = 128;
inline constexpr u32 kThreadChunks = 512;  // 65536 rows

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
    u64 reserved[21];
    u64 top[kTopEntries];  // -> u64[kMiddleEntries] -> Record[kRecordsPerChunk]
};

// --- live blocks -------------------------------------------------------------
// A page's blocks stand in its line; when that is full, those that are large for
// it in a middle line, the others in the split line (8 words for each 512 bytes of
// the page); when that is full, in a leaf by 32-byte granule; where two blocks
// share a granule, in a fine leaf by 8-byte granule. A block never moves, and is
// in exactly one.
//
// Word = offset / 8 in the page : 9 | size : 31 | stack id : 24; 0 = empty.
inline constexpr u32 kRegionBits = 26;  // 64 MiB of address space
inline constexpr u32 kPageBits = 12;
inline constexpr u32 kPagesPerRegion = 1u << (kRegionBits - kPageBits);
inline constexpr u32 kLineWords = 8;
inline constexpr u32 kMiddleWords = 16;
inline constexpr u64 kSmallBlock = 160;  // bytes; smaller ones go into the split line
inline constexpr u32 kSplitWords = 64;
inline constexpr u32 kSplitBits = 9;  // bytes of the page that 8 words are for
inline constexpr u32 kLeafWords = 128;
inline constexpr u32 kLeafGranuleBits = 5;
inline constexpr u32 kFineWords = 512;
inline constexpr u32 kFineGranuleBits = 3;
inline constexpr u64 kSizeEscape = 0x7fffffff;  // the true size stands in the tracked table

constexpr u64 make_word(u64 address, u64 size, u32 stack) {
    return ((address & 0xfff) >> 3) << 55 | size << kStackIdBits | stack;
}
constexpr u64 word_offset(u64 word) { return (word >> 55) << 3; }  // bytes into the page
constexpr u64 word_size(u64 word) { return word >> kStackIdBits & kSizeEscape; }
constexpr u32 word_stack(u64 word) { return static_cast<u32>(word & 0xffffff); }

struct Page {    // what a page has beside its line; 0 = nothing
    u64 middle;  // -> u64[kMiddleWords]
    u64 split;   // -> u64[kSplitWords]
    u64 leaf;    // -> u64[kLeafWords]
    u64 fine;    // -> u64[kFineWords]
};

struct Region {
    u64 base;  // address >> kRegionBits << kRegionBits
    u64 next;
    u64 stamps;  // reserved: a Region of the same shape that holds stamps
    u64 reserved[509];
    Page page[kPagesPerRegion];
    u64 line[kPagesPerRegion][kLineWords];
};

// Stamp (reserved) = generation : 24 | thread serial : 24 | sequence : 16.

struct Tracked {
    u32 domain;
    u32 stack;  // 0 = empty, kTrackedTombstone = removed; written last
    u64 key;
    u64 size;
    u64 stamp;
};
inline constexpr u32 kTrackedTombstone = 0xffffffff;
inline constexpr u32 kDomainLarge = 0xffffffff;  // blocks of kSizeEscape bytes and more

struct TrackedTable {
    u64 capacity;  // a power of two
    u64 used;      // slots that are not empty, tombstones too
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
    u64 tracked;
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
    u64 reserved1[2];
    u64 loss_base[kLossSlots];
    u64 reserved2[48];
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
    u64 reserved[3];
};

// Events of a signal handler inside an event: the outer one enters them later.
struct RingEntry {
    u64 stack_op;  // stack id : 24 | Op << 32 | low 16 bits of the state's generation << 48;
                   // 0 = empty; of another generation: void
    u64 size;
};
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
    u64 shard;                  // its shard in that state
    u64 busy;                   // stack address at which the event began; 0 = none
    u64 ring_head;              // next position to write
    u64 ring_tail;              // next position to drain
    WeightedInflight weighted;  // void unless the event's state samples
    u64 reserved[1];
    Inflight inflight;
    RingEntry ring[kRingEntries];
    // private to the runtime from here on
};

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
    u64 reserved[21];
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
static_assert(offsetof(Root, watch) == 128);
static_assert(sizeof(Loss) == 32 && sizeof(Node) == 16 && sizeof(Stack) == 8);
static_assert(sizeof(Module) == 128 && sizeof(Thread) == 128 && sizeof(Record) == 64);
static_assert(offsetof(Record, peak_epoch) == 48);
static_assert(offsetof(Shard, alloc_bytes) % 16 == 0 && offsetof(Shard, free_bytes) % 16 == 0);
static_assert(sizeof(Shard) == 2304 && offsetof(Shard, top) == 256);
static_assert(sizeof(Page) == 32 && sizeof(Region) == 4096 + 524288 + 1048576);
static_assert(offsetof(Region, page) == 4096 && offsetof(Region, line) == 4096 + 524288);
static_assert(sizeof(Tracked) == 32 && sizeof(TrackedTable) == 64);
static_assert(offsetof(State, peak_bytes) == 64 && offsetof(State, loss_base) == 128);
static_assert(offsetof(State, sample_bytes) == 96 && offsetof(Shard, weighted) == 64);
static_assert(sizeof(State) == 1024);
static_assert(sizeof(Inflight) == 128 && sizeof(RingEntry) == 16);
static_assert(offsetof(Context, inflight) == 128 && offsetof(Context, ring) == 256);
static_assert(sizeof(WeightedInflight) == 48 && offsetof(Context, weighted) == 72);
static_assert(sizeof(Context) == 1280);
static_assert(offsetof(Header, root) == 40 && offsetof(Header, checksum) == kConstantSize);
static_assert(offsetof(Header, state) == kConstantSize + 8 && offsetof(Header, losses) == 384);
static_assert(sizeof(Header) == 384 + 2048 + 8 * (1024 + 256 + 256 + 512));
static_assert(sizeof(Header) <= kHeaderMapping);

}  // namespace mt::abi

#endif
