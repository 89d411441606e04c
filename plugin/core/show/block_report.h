// SPDX-License-Identifier: MIT
//
// What there is to say about one address: the blocks that hold it, or what else lies
// there; and its two forms. Asks nobody.
#ifndef MEMTRACE_CORE_SHOW_BLOCK_REPORT_H
#define MEMTRACE_CORE_SHOW_BLOCK_REPORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/stamp.h"
#include "show/traceback.h"

namespace mt::core {

// What is where no live block is.
struct Place {
    enum class Kind : std::uint8_t { other, stack, dead_stack, module, unmapped, not_in_core };
    Kind kind = Kind::other;  // other: freed, from before the start, not by malloc
    // Of a stack:
    std::string thread;                                // "thread 2 (worker, tid 77; …)"
    std::uint32_t serial = 0, tid = 0, debuggers = 0;  // its numbers; 0 = not known
    std::string module;
    std::string symbol;  // may be empty
    std::uint64_t offset = 0;
};

struct ShownBlock {
    Block block;
    std::uint32_t domain = 0;
    std::optional<Stamp> stamp;
    std::string thread;               // "thread 2 (worker, tid 77)"; with a stamp that names one
    std::vector<RowFrame> traceback;  // most recent first
};

// Of a block without its traceback, as JSON; and what its row says of its age.
nlohmann::ordered_json block_facts(const ShownBlock& shown);
std::string age_text(bool stamps, const ShownBlock& shown);

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

std::string block_text(const BlockReport& report);
std::string block_json(const BlockReport& report);

bool holds(const Block& block, std::uint64_t address);

}  // namespace mt::core

#endif
