// SPDX-License-Identifier: MIT
//
// Memory of a live process on this machine without the debugger, which is up
// to sixty times faster. Never for a replay, a core or a remote target: there
// the number may be another process's.
#ifndef MEMTRACE_CORE_SOURCE_DIRECT_MEMORY_H
#define MEMTRACE_CORE_SOURCE_DIRECT_MEMORY_H

#include <cstdint>
#include <memory>

#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

class DirectMemory final : public Memory {
  public:
    // `debugger` answers whether the user has asked to stop; it must outlive this.
    DirectMemory(std::int64_t pid, Memory& debugger) : pid_(pid), debugger_(debugger) {}
    ~DirectMemory() override;
    DirectMemory(const DirectMemory&) = delete;
    DirectMemory& operator=(const DirectMemory&) = delete;

    Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override;
    std::vector<MemoryRegion> writable_regions() override;
    std::optional<std::vector<std::uint64_t>> pages_beginning_with(const PageStart& start) override;
    bool interrupted() override { return debugger_.interrupted(); }

  private:
    // True while reads through the debugger give the same bytes.
    bool agrees(const std::vector<MemoryRegion>& regions);
    std::size_t read_file(std::uint64_t address, void* out, std::size_t size);

    std::int64_t pid_;
    Memory& debugger_;
    bool use_file_ = false;  // process_vm_readv is not allowed here
    int file_ = -1;
};

// A direct source if the constant part of the header, with its random cookie,
// is the same read directly and through the debugger; else null.
std::unique_ptr<Memory> open_direct(std::int64_t pid, Memory& debugger, const Status& status);

}  // namespace mt::core

#endif
