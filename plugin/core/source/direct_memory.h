// SPDX-License-Identifier: MIT
//
// Memory of a live process on this machine without the debugger, which is up
// to sixty times faster. Never for a replay, a core or a remote target: there
// the number may be another process's.
#ifndef MEMTRACE_CORE_SOURCE_DIRECT_MEMORY_H
#define MEMTRACE_CORE_SOURCE_DIRECT_MEMORY_H

#include <cstdint>
#include <memory>

#include "source/local_memory.h"

namespace mt::core {

class DirectMemory final : public LocalMemory {
  public:
    DirectMemory(std::int64_t pid, Memory& debugger);
    ~DirectMemory() override;
    DirectMemory(const DirectMemory&) = delete;
    DirectMemory& operator=(const DirectMemory&) = delete;

    std::vector<Mapping> mappings() override { return process_mappings(pid_); }
    std::vector<MemoryRegion> writable_regions() override { return private_writable(mappings()); }
    std::optional<std::vector<std::uint64_t>> pages_beginning_with(const PageStart& start) override;

  private:
    std::size_t read_now(std::uint64_t address, void* out, std::size_t size) const override;

    const std::int64_t pid_;
    int file_ = -1;  // /proc/PID/mem, where process_vm_readv is not allowed
};

// A direct source if it is proven to be the debugger's process; else null. By its table, or
// where there is none by samples of its memory.
std::unique_ptr<Memory> open_direct_by_samples(std::int64_t pid, Memory& debugger);
std::unique_ptr<Memory> open_direct(std::int64_t pid, Memory& debugger, const Status& status);

}  // namespace mt::core

#endif
