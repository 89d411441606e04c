// SPDX-License-Identifier: MIT
//
// What a program can reach its blocks from: registers, stacks, modules' data, and all other
// memory that it can write. Everything counts that is not known to be something else: our own
// table, a dead stack, what glibc's heap has beside blocks. So a mistake here hides a leak and
// invents none. Searches nothing (graph/scan.h does).
#ifndef MEMTRACE_CORE_ROOTS_ROOTS_H
#define MEMTRACE_CORE_ROOTS_ROOTS_H

#include <cstdint>
#include <string>
#include <vector>

#include "graph/block.h"
#include "graph/roots.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "roots/ranges.h"
#include "source/mappings.h"
#include "target/debugger.h"

namespace mt::core {

// All that is known of a process before it is searched.
struct Terrain {
    Memory* memory = nullptr;
    std::vector<Mapping> mappings;
    std::vector<ThreadAt> threads;
    std::vector<ThreadRegisters> registers;  // of threads that could be asked
    std::uint64_t main_stack = 0;            // an address in the first thread's; 0 = not known
    std::uint64_t in_program = 0;            // an address in the executable; 0 = not known
    const Table* table = nullptr;            // its modules, and what is the runtime's
    const std::vector<graph::Extent>* blocks = nullptr;  // ascending
};

// What a graph::Root is; its id is the place here.
struct RootSource {
    graph::RootClass root_class = graph::RootClass::other;
    std::uint32_t thread = 0;  // as the debugger numbers it; 0 = of none
    std::uint32_t tid = 0;
    std::string name;  // of the register, the module's path, or what is mapped there
};

struct Roots {
    std::vector<graph::Root> roots;
    std::vector<RootSource> sources;
    std::uint64_t bytes = 0;      // of all ranges
    std::vector<Remark> remarks;  // what could hide a leak, or invent one
};

// Where modules are loaded.
Ranges module_ranges(const Table& table);

// Errors: interrupted only.
Result<Roots> find_roots(const Terrain& terrain);

}  // namespace mt::core

#endif
