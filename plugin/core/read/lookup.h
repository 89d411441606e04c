// SPDX-License-Identifier: MIT
//
// The blocks that hold one address, without reading all others. A whole read of the
// table gives the same answer.
#ifndef MEMTRACE_CORE_READ_LOOKUP_H
#define MEMTRACE_CORE_READ_LOOKUP_H

#include <cstdint>
#include <optional>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

// Blocks of a table that hold the address, at most one of each domain, domain 0 first. Of
// those in a domain the one that begins last before it decides; where it ends before the
// address there is none, whatever lies around it. One of size 0 holds its own address.
std::vector<Block> blocks_at(const Table& table, std::uint64_t address);

// Of domain 0, the one that begins last at or before the address, which it need not hold.
std::optional<Block> block_below(const Table& table, std::uint64_t address);

// What else there is to say of the address.
struct Beside {
    std::optional<Block> below;       // block_below()
    std::optional<FreedBlock> freed;  // if no block of domain 0 holds it; its traces come along
};

// A table with these blocks alone, their traces, the modules, and threads without figures.
// Of the block table only as much is read as stands between the address and the next
// block below it. Keys of other domains are in no order: if the program tracks any, all
// of them are read.
Result<Table> read_blocks_at(Memory& memory, const Status& status, std::uint64_t address,
                             Beside* beside = nullptr);

}  // namespace mt::core

#endif
