// SPDX-License-Identifier: MIT
//
// The part of the table that belongs to the process and survives a clear:
// requests and root, losses, the depot, modules, threads. See abi/layout.h.
#ifndef MEMTRACE_ABI_PROCESS_H
#define MEMTRACE_ABI_PROCESS_H

#include <cstddef>
#include <cstdint>

namespace mt::abi {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

inline constexpr u16 kMajor = 2;
inline constexpr u16 kMinor = 2;
inline constexpr char kRootMagic[16] = {'m', 'e', 'm', 't', 'r', 'a',  'c',  'e',
                                        ' ', 'r', 'o', 'o', 't', '\r', '\n', '\x1a'};
inline constexpr char kHeaderMagic[16] = {'m', 'e', 'm', 't', 'r', 'a',  'c',  'e',
                                          ' ', 't', 'a', 'b', 'l', '\r', '\n', '\x1a'};
inline constexpr u32 kByteOrder = 0x01020304;
inline constexpr u32 kPageSize = 4096;
inline constexpr u16 kX86_64 = 62;  // Header::architecture, numbered as ELF's e_machine

// --- requests --------------------------------------------------------------
// The debugger (or the program through memtrace.h) writes Root::request,
// peak_reset_request, mark_request, sample_bytes, watch_request, watch, scope_epoch,
// freed_blocks and the verdicts; nobody writes anything else of another's. One aligned store each.
inline constexpr u64 kRequestOn = 1;        // record
inline constexpr u64 kRequestPaused = 2;    // frees still erase, nothing is added
inline constexpr u64 kRequestSampling = 4;  // stacks for a sample only
inline constexpr u64 kRequestStamps = 8;    // stamp blocks with generation and thread
inline constexpr u64 kRequestWatch = 16;    // conditions of Root::watch are armed
inline constexpr u64 kRequestScopes = 32;   // shards keep their highest since Root::scope_epoch
inline constexpr u64 kRequestFreed = 64;    // keep the last Root::freed_blocks frees
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
    forked_inside = 6,    // a fork's child whose parent's table is not its own to write
    lost_box = 7,         // the black box's file was cut, and the table with it
};

enum class Origin : u32 { unknown = 0, preloaded = 1, linked = 2 };

// One condition of mt break. The runtime looks at slots only while the request says
// kRequestWatch; `condition` is written after the rest and cleared before it.
struct WatchSlot {
    u32 condition;  // of the bits below; 0 = empty
    u32 flags;
    u64 value;     // bytes, blocks; of a free: the block's address
    u64 argument;  // with kWatchThread: the thread's serial
    u64 hits;      // stops for it; the runtime's
};
// The traced figures reach `value`: seen when it happens, not as long as it lasts.
inline constexpr u32 kWatchTotal = 1;  // current bytes
inline constexpr u32 kWatchPeak = 2;   // bytes at a new peak
inline constexpr u32 kWatchCount = 4;  // live blocks
// A call of the family; those that are set together must all be met.
inline constexpr u32 kWatchSize = 8;   // `value` bytes or more are asked for
inline constexpr u32 kWatchSite = 16;  // its traceback's verdict (Root::watch_verdicts) is yes
inline constexpr u32 kWatchThread = 32;
inline constexpr u32 kWatchFail = 64;   // it fails; without this bit: it gives a block
inline constexpr u32 kWatchFree = 128;  // the block at `value` is about to go; alone
inline constexpr u32 kWatchSlots = 16;
inline constexpr u32 kWatchTold = 1;  // of flags: this peak has stopped the program already

// Root::watch_request: a sequence, raised whenever slots have changed, and how many
// slots from the first there are to look at.
constexpr u64 make_watch_request(u64 sequence, u32 slots) { return sequence << 8 | slots; }
constexpr u32 watch_slots(u64 request) {
    return (request & 0xff) < kWatchSlots ? static_cast<u32>(request & 0xff) : kWatchSlots;
}

// A verdict per stack id, for slots with kWatchSite: bit s = slot s has been decided,
// bit 16 + s = the traceback matches. The debugger writes it where the runtime asks.
constexpr bool is_decided(u32 verdict, u32 slot) { return (verdict >> slot & 1) != 0; }
constexpr bool is_match(u32 verdict, u32 slot) { return (verdict >> (16 + slot) & 1) != 0; }

// The first argument of memtrace_stopped(): slot : 8 | asks for a verdict : 1 | stack
// id in the high 32 bits. The others: address, size, the figure that reached its
// value, and the return address of the hook that was called.
inline constexpr u64 kStopAsks = 1u << 8;
constexpr u64 make_stop(u32 slot, bool asks, u32 stack) {
    return u64{stack} << 32 | (asks ? kStopAsks : 0) | slot;
}
constexpr u32 stop_slot(u64 stop) { return static_cast<u32>(stop & 0xff); }
constexpr u32 stop_stack(u64 stop) { return static_cast<u32>(stop >> 32); }

struct Root {  // page aligned, in .data
    char magic[16];
    u16 major;
    u16 minor;
    u32 size;                // of Root
    u64 request;             // see above
    u64 peak_reset_request;  // a sequence; the runtime answers in State
    u64 mark_request;        // a sequence; blocks are stamped with it (abi/stamp.h)
    u64 sample_bytes;        // mean bytes between samples
    u64 cookie;              // of this process, from AT_RANDOM; 0 until Status::ready
    u64 header;              // address of Header; 0 until the first traced event
    u32 pid;                 // of the process that owns the table (a fork's child writes its own)
    u32 status;              // Status
    u32 reason;              // Reason
    u32 origin;              // Origin
    u64 watch_request;       // see above
    u64 watch_verdicts;      // -> u32[1 << kStackIdBits]; 0 = no slot needs them
    u64 scope_epoch;         // a sequence; with each Shard::scope_top begins anew
    u64 freed_blocks;        // frees that a state with kRequestFreed keeps
    u64 unrecorded;          // see below
    WatchSlot watch[kWatchSlots];
};

// Root::unrecorded: events of a request's generation that were lost because there was no
// memory for what they would have been written to, be it the header itself: generation : 32 |
// how many : 32, 0xffffffff = that many or more. The runtime's; it tries again at each event.
inline constexpr u32 kMostUnrecorded = 0xffffffff;
constexpr u64 make_unrecorded(u32 generation, u32 events) {
    return u64{generation} << kRequestGenerationShift | events;
}
constexpr u32 unrecorded_events(u64 unrecorded, u32 generation) {
    return request_generation(unrecorded) == generation ? static_cast<u32>(unrecorded) : 0;
}

// --- losses ----------------------------------------------------------------
// What could not be recorded, by name. Counts only grow; State::loss_base holds
// their values when the state was made.
struct Loss {
    char name[24];  // ASCII, zero padded; an unused slot has an empty name
    u64 count;
};
inline constexpr u32 kLossSlots = 64;

// --- memory of the runtime's own ---------------------------------------------
// A pool hands out pieces of chunks; what a chunk would waste has a mapping of its own. Every
// one of either is in its list before anything but zeros, or the list itself, stands in it, and
// reads as zeros again when it leaves the list. So nothing of the program's, a block's address
// say, ever stands in memory of the runtime's that no list names.
inline constexpr u32 kChunkBytes = 1u << 20;  // of addresses, aligned to it
struct Mapping {  // at the start of a chunk; of any other mapping, somewhere in one
    u64 next;     // chunks: the one before
    u64 address;  // of a chunk: its own; 0 = given back, or about to be
    u64 size;     // bytes; the kernel's part of the last page besides; stays when given back
    u64 counted;  // of it in mapped_bytes
    u64 stamps;   // of a chunk: the second one, where the stamp of a word has the word's place
    u64 reserved[3];
};
struct PoolHead {
    u64 cursor;    // the next free byte, of the newest chunk; 0 = there is none
    u64 mappings;  // -> Mapping -> …
};
// That of a cursor: the byte behind a chunk is still its own.
constexpr u64 chunk_of(u64 cursor) {
    return cursor == 0 ? 0 : (cursor - 1) / kChunkBytes * kChunkBytes;
}

// Blocks of the program that the loader has asked for while the real functions were looked
// for: they lie in the runtime's data, so many bytes from Header::bootstrap on, and are in no
// trace.
inline constexpr u64 kBootstrapBytes = 256u << 10;

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

struct Stack {  // a reserved id is of every domain
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
    u32 name_length;  // 0 = its name is its path's; since minor 5
    u64 name;         // address of the name that the program was started by, not zero terminated
    u64 reserved[5];
};
inline constexpr u32 kModulesPerChunk = 256;
inline constexpr u32 kModuleChunks = 256;  // module index 0 is "none"

inline constexpr u32 kThreadExited = 1;  // the row of all threads that ended
struct Thread {
    u32 serial;  // from 1, never reused; 0 = row not filled yet
    u32 tid;
    char comm[16];       // its name, if it was given by prctl or pthread_setname_np
    u64 start_sequence;  // how many threads had been seen before
    u32 generation;      // of the totals below; another one than the state's means 0
    u32 flags;           // kThreadExited
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

}  // namespace mt::abi

#endif
