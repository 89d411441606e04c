// SPDX-License-Identifier: MIT
//
// Reports about single blocks, as values: what lies at one address (mt block), and blocks
// one by one (mt blocks).
#ifndef MEMTRACE_CORE_REPORT_BLOCKS_H
#define MEMTRACE_CORE_REPORT_BLOCKS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyse/frames.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "model/stamp.h"
#include "report/traceback.h"

namespace mt::core {

// What is where no live block is.
struct Place {
    enum class Kind : std::uint8_t {
        other,
        stack,
        dead_stack,
        module,
        unmapped,
        not_in_core,
        heap
    };
    Kind kind = Kind::other;  // other: freed, from before the start, not by malloc
    // Of a stack:
    std::string thread;  // its title
    std::uint32_t serial = 0, tid = 0,
                  debuggers = 0;  // its numbers; 0 = not known
    std::string module;
    std::string symbol;  // may be empty
    std::uint64_t offset = 0;
    // Of the heap, as its allocator has it:
    std::uint64_t chunk = 0, chunk_size = 0;
    std::string state;
};

struct ShownBlock {
    Block block;
    std::uint32_t domain = 0;
    std::optional<Stamp> stamp;
    BlockType type;
    std::string thread;               // its title; with a stamp that names one
    std::vector<RowFrame> traceback;  // most recent first
};

struct ShownFreed {
    FreedBlock block;
    std::string thread;  // as above
    std::vector<RowFrame> allocated, freed;
};

struct BlockReport {
    std::uint64_t address = 0;
    bool stamps = false;  // blocks get them
    const FrameBook* book = nullptr;
    TracebackFormat traceback;
    std::vector<ShownBlock> blocks;   // that hold the address
    std::optional<Place> place;       // if there are none
    std::optional<ShownFreed> freed;  // likewise: what was there last
    std::optional<Block> below;       // if there are none: the block before it
    std::vector<Remark> remarks;
};

// One of many; `shown` has no traceback, which is made when it is asked for.
struct BlockRow {
    ShownBlock shown;
    std::uint32_t trace = 0;  // equal for equal tracebacks
    // Most recent first, at most `frames` of it; 0: all that are kept.
    std::function<Result<std::vector<RowFrame>>(std::size_t frames)> traceback;
};

struct BlocksReport {
    bool stamps = false;
    bool has_addresses = true;  // false: of a file that does not have them
    const FrameBook* book = nullptr;
    std::optional<std::uint64_t> around;  // an address between which they lie: by address then
    std::int64_t other_size = 0, other_count = 0;
    std::int64_t total_size = 0, total_count = 0;
    std::vector<Remark> remarks;
    // Row by row: a process has more blocks than memory has room for their rows.
    using TakeRow = std::function<Result<void>(const BlockRow&)>;
    std::function<Result<void>(const TakeRow&)> each;
};

}  // namespace mt::core

#endif
