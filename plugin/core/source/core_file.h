// SPDX-License-Identifier: MIT
//
// What an ELF core file says of itself: which memory it holds, whether it is whole,
// which files were mapped. The file may be cut short or forged. Decodes no memory.
#ifndef MEMTRACE_CORE_SOURCE_CORE_FILE_H
#define MEMTRACE_CORE_SOURCE_CORE_FILE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/memory.h"

namespace mt::core {

struct CoreFile {
    std::vector<MemoryRegion> present;   // memory that has bytes in the file
    std::vector<MemoryRegion> writable;  // those of it that the program could write
    std::vector<MemoryRegion> mapped;    // all of which the core knows, with or without bytes
    std::uint64_t size = 0;              // bytes of the file
    std::uint64_t wanted = 0;            // that its headers speak of
    std::uint64_t left_out = 0;          // writable mappings of which nothing was written
    std::uint64_t mappings = 0;          // writable ones, all of them
    std::uint64_t stack_pointer = 0;     // of the first thread; 0 = not known
    bool has_files = false;              // a list of mapped files is there
    bool maps_runtime = false;           // and libmemtrace.so in it

    bool is_cut() const { return size < wanted; }
    // Mappings that were never touched are left out of any core.
    bool is_filtered() const { return left_out * 2 > mappings; }
    bool maps(std::uint64_t address) const;
    // Bytes from the address on that the file has.
    std::uint64_t present_from(std::uint64_t address) const;
};

// Nothing: it cannot be read, or is no ELF core.
std::optional<CoreFile> read_core_file(const std::string& path);

// What is wrong with a core that something was not found in, and what would be needed;
// empty: nothing is.
std::string what_core_lacks(const CoreFile& core);

}  // namespace mt::core

#endif
