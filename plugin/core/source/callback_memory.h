// SPDX-License-Identifier: MIT
//
// Memory through the debugger's callbacks: works everywhere (remote, core,
// replay), costs what the debugger costs. Not for decoding.
#ifndef MEMTRACE_CORE_SOURCE_CALLBACK_MEMORY_H
#define MEMTRACE_CORE_SOURCE_CALLBACK_MEMORY_H

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "memtrace_core.h"
#include "model/poll.h"
#include "source/core_file.h"
#include "source/memory.h"

namespace mt::core {

class CallbackMemory final : public Memory {
  public:
    // `asked`: whether the user wants to stop; may be empty.
    explicit CallbackMemory(const mtc_debugger& debugger, Interrupted asked = {})
        : debugger_(debugger), asked_(std::move(asked)) {}

    Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override;
    // Live and on this machine: /proc; a core file: its program headers and notes; else,
    // or where these say nothing, what the debugger knows: mostly writable ones, without names.
    std::vector<Mapping> mappings() override;
    std::vector<MemoryRegion> writable_regions() override;
    // By reading the process itself, where that is allowed.
    std::optional<std::vector<std::uint64_t>> pages_beginning_with(const PageStart& start) override;
    bool interrupted() override { return asked_ && asked_(); }
    std::shared_ptr<const CoreFile> core_file() override { return core_; }
    // Looked at again when it has changed.
    void use_core_file(const std::string& path) override;

  private:
    Result<std::size_t> read_piece(std::uint64_t address, unsigned char* out, std::size_t size);
    // Its number; nothing: the target is no process on this machine.
    std::optional<std::int64_t> local_process();

    const mtc_debugger& debugger_;
    const Interrupted asked_;
    std::shared_ptr<const CoreFile> core_;
    std::string core_path_;
    std::int64_t core_time_ = 0;
};

}  // namespace mt::core

#endif
