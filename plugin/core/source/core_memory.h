// SPDX-License-Identifier: MIT
//
// Memory of a core, read from its file without the debugger. What the core lacks cannot be read:
// it is never zero, nor as a library's file has it. A file that shrinks meanwhile lacks more.
#ifndef MEMTRACE_CORE_SOURCE_CORE_MEMORY_H
#define MEMTRACE_CORE_SOURCE_CORE_MEMORY_H

#include <memory>
#include <utility>

#include "source/core_file.h"
#include "source/local_memory.h"

namespace mt::core {

class CoreMemory final : public LocalMemory {
  public:
    CoreMemory(std::shared_ptr<const CoreFile> core, Memory& debugger)
        : LocalMemory(debugger), core_(std::move(core)) {}

    std::vector<Mapping> mappings() override { return core_->mapped; }
    std::vector<MemoryRegion> writable_regions() override { return core_->writable; }
    std::shared_ptr<const CoreFile> core_file() override { return core_; }

  private:
    std::size_t read_now(std::uint64_t address, void* out, std::size_t size) const override;

    const std::shared_ptr<const CoreFile> core_;
};

// Of the debugger's core file, if that is proven to be what the debugger shows; else null. By the
// table in it, or by samples.
std::unique_ptr<Memory> open_core_by_samples(Memory& debugger);
std::unique_ptr<Memory> open_core_memory(Memory& debugger, const Status& status);

}  // namespace mt::core

#endif
