// SPDX-License-Identifier: MIT
//
// Where a reader's bytes come from. Implementations: the debugger's callbacks,
// the process itself (direct_memory.h), a byte map in tests. Not for decoding.
#ifndef MEMTRACE_CORE_SOURCE_MEMORY_H
#define MEMTRACE_CORE_SOURCE_MEMORY_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "source/mappings.h"

namespace mt::core {

using PageStart = std::array<unsigned char, 16>;

// Larger ones are address space set aside (a sanitizer's shadow, a collector's
// reserve): terabytes of nothing, where a search would never end.
inline constexpr std::uint64_t kLargestSearched = std::uint64_t{64} << 30;

struct CoreFile;

// Memory::read() as a value.
using ReadFunction =
    std::function<Result<std::size_t>(std::uint64_t address, void* out, std::size_t size)>;

class Memory {
  public:
    virtual ~Memory() = default;
    // Reads up to `size` bytes from `address` into `out`; returns how many from
    // the start could be read. Errors: interrupted only.
    virtual Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) = 0;
    // The same from any number of threads at once, while this lives; asks nobody whether to stop,
    // so no error comes of it. Empty: only the thread that a command runs in may read.
    virtual ReadFunction concurrent_read() { return {}; }
    // In order (in_order); empty when they cannot be told.
    virtual std::vector<Mapping> mappings() { return {}; }
    // Private and writable, as far as there are bytes, ascending; empty when they cannot be told.
    virtual std::vector<MemoryRegion> writable_regions() { return {}; }
    // Candidates among the writable pages for those that begin with these bytes;
    // nullopt when the source knows no faster way than to read all of them.
    virtual std::optional<std::vector<std::uint64_t>> pages_beginning_with(const PageStart&) {
        return std::nullopt;
    }
    // True once the user has asked to stop.
    virtual bool interrupted() { return false; }
    // The core file that the memory is read from; null: it is none, or cannot be looked at.
    virtual std::shared_ptr<const CoreFile> core_file() { return nullptr; }
    // Where it lies, before a command reads; empty: it is no core.
    virtual void use_core_file(const std::string&) {}
};

}  // namespace mt::core

#endif
