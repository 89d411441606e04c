// SPDX-License-Identifier: MIT
//
// Memory that is read without the debugger: of a process or of a core file on this machine. The
// debugger is asked only whether the user wants to stop, and by the thread of commands alone.
#ifndef MEMTRACE_CORE_SOURCE_LOCAL_MEMORY_H
#define MEMTRACE_CORE_SOURCE_LOCAL_MEMORY_H

#include <vector>

#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

class LocalMemory : public Memory {
  public:
    // `debugger` must outlive this.
    explicit LocalMemory(Memory& debugger) : debugger_(debugger) {}

    Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) final;
    ReadFunction concurrent_read() final;
    bool interrupted() final { return debugger_.interrupted(); }

  protected:
    // How many bytes from the start can be read. From any thread, several at once.
    virtual std::size_t read_now(std::uint64_t address, void* out, std::size_t size) const = 0;

    Memory& debugger() { return debugger_; }

  private:
    Memory& debugger_;
};

// The proof that both are memory of one process: the constant part of the table's header (before
// the first traced event, of its root), with its random cookie, is the same read either way.
bool show_one_process(Memory& local, Memory& debugger, const Status& status);

// Without a table: samples of these ranges are the same read either way, most of them at least.
bool show_the_same(Memory& local, Memory& debugger, const std::vector<MemoryRegion>& regions);

}  // namespace mt::core

#endif
