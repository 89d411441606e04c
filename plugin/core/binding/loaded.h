// SPDX-License-Identifier: MIT
//
// What the program's loader has loaded: ld.so's own list (struct r_debug of <link.h>,
// which every debugger reads), namespaces of dlmopen included. Nothing in it is believed:
// each list has a limit, a cycle ends at it. Opens no file.
#ifndef MEMTRACE_CORE_BINDING_LOADED_H
#define MEMTRACE_CORE_BINDING_LOADED_H

#include <cstdint>
#include <string>
#include <vector>

#include "model/error.h"
#include "source/memory.h"

namespace mt::core {

struct LoadedModule {
    std::uint64_t bias = 0;     // load address minus ELF virtual address
    std::uint64_t dynamic = 0;  // address of its dynamic section
    std::uint32_t space = 0;    // 0 = the program's own namespace
    std::string path;           // as the loader has it; "" = the program itself
    bool operator==(const LoadedModule&) const = default;
};

// In the order in which the program's look-ups go. Empty: the list cannot be read.
// Errors: interrupted.
Result<std::vector<LoadedModule>> loaded_modules(Memory& memory, std::uint64_t r_debug);

// Up to `size` bytes from `address`; false = not all of them, or interrupted.
bool read_whole(Memory& memory, std::uint64_t address, void* out, std::size_t size);

}  // namespace mt::core

#endif
