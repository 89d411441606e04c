// SPDX-License-Identifier: MIT
//
// The rows that belong to the process: nodes, stacks, modules, threads.
#ifndef MEMTRACE_CORE_READ_DEPOT_H
#define MEMTRACE_CORE_READ_DEPOT_H

#include <cstdint>
#include <vector>

#include "abi/layout.h"
#include "model/snapshot.h"
#include "read/anchor.h"

namespace mt::core {

struct Depot {
    std::vector<abi::Stack> stacks;  // by stack id; the reserved ones are empty
    std::vector<End> ends;           // by node
};

bool read_modules(Reading& reading, const abi::Header& header, Table& table);
// Fills table.nodes and .parents; needs the modules.
bool read_depot(Reading& reading, const abi::Header& header, Table& table, Depot& depot);
// `known` are rows that some thread's context names: they must have been filled.
bool read_threads(Reading& reading, const Anchor& anchor, const std::vector<std::uint64_t>& known,
                  Table& table);

}  // namespace mt::core

#endif
