// SPDX-License-Identifier: MIT
//
// What a table says, in the debugger's own memory: plain values, no addresses
// to follow. Filled by read/, grouped by analyse/, shown by show/.
// Nothing here reads memory or knows a debugger.
#ifndef MEMTRACE_CORE_MODEL_SNAPSHOT_H
#define MEMTRACE_CORE_MODEL_SNAPSHOT_H

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/region.h"

namespace mt::core {

class Names;  // symbols/names.h

// A report's closing line: something that the figures do not show by themselves.
struct Remark {
    std::string code;  // stable, for --json: "loss", "in-flight", "late-start", …
    std::string text;  // for people
    std::uint64_t count = 0;
};

struct Module {
    std::uint64_t bias = 0;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t load_sequence = 0;
    std::uint64_t unload_sequence = 0;  // 0 = still mapped
    std::string path;                   // a label from the traced process; never opened unchecked
    std::string file;                   // another path of it, behind a symbolic link; or empty
    std::string build_id;               // lower-case hex
};

// How a traceback ends at its outermost frame.
enum class End : std::uint8_t { complete, cut, broken };

// pc - 1 lies in the calling instruction (abi/layout.h, Node).
struct Pc {
    std::uint64_t address = 0;
    std::uint16_t module = 0;  // index into Table::modules; 0 = none
    bool operator==(const Pc&) const = default;
};

// One traceback with its counters, summed over the shards. `id` below
// abi::kReservedStacks has no frames: the ids' meaning stands there.
struct Trace {
    std::uint32_t id = 0;
    std::uint32_t domain = 0;
    std::uint32_t node = 0;  // innermost node in the depot
    End end = End::complete;
    // Frames that the stack had, where the table's maker knows it better than
    // `node` shows (tracemalloc's total_nframe); 0 = it does not.
    std::uint16_t total_frames = 0;
    std::uint64_t alloc_bytes = 0, alloc_count = 0;
    std::uint64_t free_bytes = 0, free_count = 0;
    std::int64_t size = 0, count = 0;            // live
    std::int64_t peak_size = 0, peak_count = 0;  // its part of the peak
    std::uint64_t temporary_count = 0;
    // Blocks in the sample, live and at the peak, from which all of the above was
    // estimated; 0 = the figures are exact (Status::sample_bytes).
    std::int64_t samples = 0, peak_samples = 0;
};

// Of a block that nobody traced; below abi::kReservedStacks, and none of the runtime's.
inline constexpr std::uint32_t kStackOfHeap = 15;

struct Block {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t stack = 0;
    std::uint32_t detail = 0;  // index in Table::details
};

// One of size 0 holds its own address.
inline bool holds(const Block& block, std::uint64_t address) {
    return address >= block.address && address - block.address < (block.size == 0 ? 1 : block.size);
}

// What few blocks have, apart from them: a snapshot of millions is mostly blocks.
struct BlockDetail {
    std::uint32_t domain = 0;
    std::uint64_t stamp = 0;  // model/stamp.h; 0 = none
    bool operator==(const BlockDetail&) const = default;
};

// What a block is of: the number of its name in the session's book (symbols/frame.h), and how
// it is known. One number in all tables of a session; 0: not known.
struct BlockType {
    enum class Source : std::uint8_t { unknown, templates, vtable, site };
    std::uint32_t name = 0;
    Source source = Source::unknown;

    static BlockType of(std::uint32_t number) {
        return {number >> 2, static_cast<Source>(number & 3)};
    }
    std::uint32_t number() const { return name << 2 | static_cast<std::uint32_t>(source); }
};
inline constexpr std::array<std::string_view, 4> kTypeSourceNames = {"unknown", "template",
                                                                     "vtable", "site"};

// A block that is gone, as the last frees have it.
struct FreedBlock {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t stack = 0;     // that allocated it
    std::uint32_t freed_by = 0;  // stack; 0 = not known
    std::uint32_t thread = 0;    // serial of the one that freed it; 0 = not known
    std::uint64_t since = 0;     // frees after it
};

struct Thread {
    std::uint32_t serial = 0, tid = 0;
    std::string name;
    std::uint64_t alloc_bytes = 0, alloc_count = 0, free_bytes = 0, free_count = 0;
    // Of the record per traceback that it counts in (ThreadTrace), allocations of
    // threads that ended before it began.
    std::uint64_t inherited_count = 0;
    bool has_records = false;
};

// A traceback's counters of one thread.
struct ThreadTrace {
    std::uint32_t thread = 0;  // serial
    std::uint32_t trace = 0;   // id
    std::uint64_t alloc_bytes = 0, alloc_count = 0, free_bytes = 0, free_count = 0;
    std::uint64_t temporary_count = 0;
};

struct Loss {
    std::string name;
    std::uint64_t since_state = 0;  // since start or clear
    std::uint64_t total = 0;        // since the process began
};

// What identifies the process and moment.
struct Identity {
    std::uint64_t cookie = 0;
    std::uint32_t pid = 0;
    std::uint32_t generation = 0;
};

// The file that a table is kept in (abi/box.h).
struct BoxStatus {
    std::uint32_t state = 0;    // abi::BoxState; 0 = none was asked for
    std::uint32_t error = 0;    // abi::BoxError or an errno: why there is none, or not of all
    std::uint64_t missing = 0;  // bytes of the table that are not in it
    std::string path;           // a label from the traced process
};

// The root and header, checked.
struct Status {
    Identity identity;
    bool tracing = false;
    bool paused = false;               // no thread records
    std::uint32_t paused_threads = 0;  // that ask it for themselves (memtrace_pause); of a Table
    bool sampling = false;
    std::uint64_t sample_bytes = 0;  // mean bytes between samples; 0 = every allocation is recorded
    std::uint64_t freed_blocks = 0;  // frees that are kept
    bool stamps = false;             // blocks get stamps from the next event on
    std::uint64_t mark = 0;          // how many marks have been made
    bool untraced = false;           // blocks are the allocator's own: there is no runtime
    bool fresh = false;              // a request has not been seen by the runtime yet: no traces
    std::uint64_t unrecorded = 0;    // events since the start that found no memory for the table
    bool unmade = false;             // … and there is no table yet: nothing at all is known
    std::uint16_t frame_limit = 0;
    std::uint32_t runtime_status = 0;  // abi::Status
    std::uint32_t reason = 0;          // abi::Reason
    std::uint32_t origin = 0;          // abi::Origin
    std::uint16_t major = 0, minor = 0;
    std::uint64_t root_address = 0, header_address = 0;
    std::uint64_t loaded = 0;    // address of the loader's list; 0 = not told
    bool found_by_scan = false;  // not by symbol
    bool direct = false;         // memory read without the debugger
    BoxStatus box;
    std::vector<Remark> remarks;  // about the process; each report carries them
};

// What the runtime has mapped for itself, and what it knows of the program's memory.
struct OwnMemory {
    std::vector<MemoryRegion> regions;  // whole pages, ascending; none touches another
    // Blocks of the program that are in no trace: a part of the runtime's data, all else of
    // which is its own. Empty: not known.
    MemoryRegion bootstrap;
    // Each block that malloc and its family have given since the process began, and that lives,
    // is in the table: of the calls that come to memtrace, none has passed unrecorded.
    bool knows_all_blocks = false;
};

struct Table {
    Status status;
    std::vector<Module> modules;  // [0] is "none"
    std::vector<Pc> nodes;        // by node index; reserved ones are empty
    std::vector<std::uint32_t> parents;
    std::vector<Trace> traces;  // those with any event, by id
    std::vector<Thread> threads;
    std::vector<ThreadTrace> thread_traces;  // filled on request only
    bool has_thread_traces = false;
    std::vector<Loss> losses;
    std::vector<Remark> remarks;
    std::vector<Block> blocks;  // filled on request only, by address
    // What Block::detail names; [0] is domain 0 without a stamp.
    std::vector<BlockDetail> details = std::vector<BlockDetail>(1);
    OwnMemory own;  // filled on request only
    bool has_blocks = false;
    // By block, BlockType::number(). Filled on request only: it takes the process's memory.
    std::vector<std::uint32_t> block_types;
    bool has_types = false;
    std::uint32_t type_of(const Block& block) const {
        return block_types[static_cast<std::size_t>(&block - blocks.data())];
    }
    bool has_stamps = false;  // blocks have one if they came after stamps were asked for
    std::int64_t current_size = 0, current_count = 0;
    std::int64_t peak_size = 0, peak_count = 0;
    std::uint64_t peak_bound = 0;  // bytes by which concurrent events may have blurred the peak
    std::uint64_t node_count = 0, stack_count = 0;
    std::uint64_t own_bytes = 0;  // memory that the runtime mapped
    std::uint64_t untracked_frees = 0;
    std::uint32_t in_flight = 0;  // events that were under way
    // Of a table that did not come from memory but from a file or a script: what
    // its code is called. Null = who names it is asked (symbols/symboliser.h).
    std::shared_ptr<const Names> names;

    // The frames of a traceback, most recent first.
    std::vector<Pc> frames(std::uint32_t node) const;

    // False: it came from a file that does not have them, and all its blocks are at 0.
    bool has_addresses() const {
        return names == nullptr || blocks.empty() || blocks.back().address != 0;
    }
    const BlockDetail& detail_of(const Block& block) const { return details[block.detail]; }
    std::uint32_t domain_of(const Block& block) const { return detail_of(block).domain; }
    // What Block::detail is for a block of this detail.
    std::uint32_t place_of(const BlockDetail& detail);

    // current_* and peak_* from the traces, where nobody has counted them.
    void count_totals();
};

// Order of blocks of one table; domain 0 stands first under an address.
struct ByAddress {
    const Table& table;
    bool operator()(const Block& a, const Block& b) const {
        if (a.address != b.address) return a.address < b.address;
        return table.domain_of(a) < table.domain_of(b);
    }
};

}  // namespace mt::core

#endif
