// SPDX-License-Identifier: MIT
//
// The rows that belong to the process: nodes, stacks, modules.
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
    std::vector<std::uint32_t> ids;  // by node: the stack id that says it ends there
};

// What a root node says.
inline constexpr const char* kNamesDiffer = "frames and tracebacks do not name each other";

End root_end(std::uint32_t root);
// A number of rows, as the header states it; false: more than there can be.
bool check_count(Reading& reading, const char* what, std::uint64_t count, std::uint64_t capacity);
bool read_modules(Reading& reading, const abi::Header& header, Table& table);
// Fills table.nodes and .parents; needs the modules.
bool read_depot(Reading& reading, const abi::Header& header, Table& table, Depot& depot);

}  // namespace mt::core

#endif
