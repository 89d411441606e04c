// SPDX-License-Identifier: MIT
//
// What an ELF core file says of itself: which memory it holds and where, whether it is whole,
// its threads, which files were mapped. The file may be cut short or forged. Decodes no memory.
#ifndef MEMTRACE_CORE_SOURCE_CORE_FILE_H
#define MEMTRACE_CORE_SOURCE_CORE_FILE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/core_notes.h"
#include "source/mappings.h"

namespace mt::core {

// Memory that has bytes in the file.
struct CoreBytes {
    std::uint64_t start = 0, end = 0;
    std::uint64_t shift = 0;  // place in the file less address, modulo 2^64
};

struct CoreFile {
    explicit CoreFile(int opened) : fd(opened) {}
    ~CoreFile();
    CoreFile(const CoreFile&) = delete;
    CoreFile& operator=(const CoreFile&) = delete;

    const int fd;                        // its own; what is said here is of this file
    std::vector<CoreBytes> present;      // in order
    std::vector<MemoryRegion> writable;  // those of it that the program could write
    std::vector<Mapping> mapped;         // all of which the core knows, with or without bytes
    std::vector<CoreThread> threads;     // the one that the core was written for comes first
    std::uint64_t entry = 0;             // where the program begins; 0: not told
    std::uint64_t size = 0;              // bytes of the file
    std::uint64_t wanted = 0;            // that its headers speak of
    std::uint64_t left_out = 0;          // writable mappings of which nothing was written
    std::uint64_t mappings = 0;          // writable ones, all of them
    std::vector<MappedFile> files;       // that were mapped, in order
    std::optional<CoreBox> box;          // it is a black box: there is nothing in it but the table
    bool has_files = false;              // a list of mapped files is there
    bool maps_runtime = false;           // and libmemtrace.so in it

    bool is_cut() const { return size < wanted; }
    // Mappings that were never touched are left out of any core.
    bool is_filtered() const { return left_out * 2 > mappings; }
    // Of a black box it is not told what the program had mapped.
    bool maps(std::uint64_t address) const { return box || range_at(mapped, address) != nullptr; }
    // Bytes from the address on that the file has.
    std::uint64_t present_from(std::uint64_t address) const {
        const CoreBytes* bytes = range_at(present, address);
        return bytes == nullptr ? 0 : bytes->end - address;
    }
};

// Null: it cannot be read, or is no ELF core.
std::shared_ptr<const CoreFile> read_core_file(const std::string& path);

// What is wrong with a core that something was not found in, and what would be needed;
// empty: nothing is.
std::string what_core_lacks(const CoreFile& core);

}  // namespace mt::core

#endif
