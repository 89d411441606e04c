// SPDX-License-Identifier: MIT
//
// Who points to whom, as values: what holds a block (mt refs), what it points to (mt refs
// --from), and what would be free with it (mt retained).
#ifndef MEMTRACE_CORE_REPORT_REFS_H
#define MEMTRACE_CORE_REPORT_REFS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyse/frames.h"
#include "model/snapshot.h"
#include "report/rows.h"

namespace mt::core {

// A block, and the line that allocated it.
struct BlockAt {
    Block block;
    RowFrame line;
};

// Where a chain begins.
struct ChainRoot {
    enum class Kind : std::uint8_t { data, thread_local_storage, stack, reg, mapping, heap, none };
    Kind kind = Kind::none;     // none: the first block of the chain is lost
    std::uint64_t address = 0;  // of the pointer; 0 = it is in no memory
    std::string thread;         // its title; of stacks and registers
    std::string module;         // or what is mapped there; may be empty
    std::string symbol;         // of data; of a register its name; may be empty
    std::uint64_t offset = 0;   // in the symbol
};

// A pointer to a block.
struct ChainStep {
    std::optional<std::uint64_t> from;  // its place in the block before; none: it is not there now
    std::uint64_t offset = 0;           // in the block, of what it points to
    BlockAt to;
};

struct Chain {
    ChainRoot root;
    std::vector<ChainStep> steps;  // from the root on; the last one is to the block asked about
    std::size_t left_out = 0;      // steps behind the root
};

struct RefsReport {
    std::uint64_t address = 0;
    const FrameBook* book = nullptr;
    BlockAt block;              // that holds the address
    std::vector<Chain> chains;  // shortest first
    std::size_t others = 0;     // chains that are not shown
    std::size_t backwards = 0;  // pointers from blocks that are held by this one only
    std::vector<Remark> remarks;
};

struct PointsToReport {
    std::uint64_t address = 0;
    const FrameBook* book = nullptr;
    BlockAt block;
    std::vector<ChainStep> steps;  // by place
    std::size_t others = 0;
    std::vector<Remark> remarks;
};

// What is free once a block is: itself, and all that only it leads to.
struct Retained {
    BlockAt block;
    Amount amount;  // itself, too
    bool is_lost = false;
};
struct RetainedReport {
    std::optional<std::uint64_t> address;  // none: about all of the heap
    const FrameBook* book = nullptr;
    std::optional<Retained> block;  // that holds the address
    std::vector<Retained> rows;     // those right below it, most first
    std::size_t others = 0;
    Amount other;
    Amount total;  // of all that was asked about
    std::vector<Remark> remarks;
};

}  // namespace mt::core

#endif
