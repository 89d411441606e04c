// SPDX-License-Identifier: MIT
//
// The words of the root that a debugger may write (contract 3), and nothing
// else of the table. Each is one aligned store that the runtime obeys at its
// next event. Decides nothing.
#ifndef MEMTRACE_CORE_COMMAND_CONTROL_H
#define MEMTRACE_CORE_COMMAND_CONTROL_H

#include <cstdint>

#include "command/debugger.h"
#include "model/error.h"

namespace mt::core {

// What mt start asks for.
struct Start {
    std::uint16_t frames = 0;
    std::uint64_t sample_bytes = 0;  // mean bytes between samples; 0 = every allocation
};

class Control {
  public:
    // `root`: address of abi::Root.
    Control(Debugger& debugger, std::uint64_t root) : debugger_(debugger), root_(root) {}

    // Tracing on, all traces dropped.
    Result<void> start(const Start& start);
    // Tracing off, all traces dropped.
    Result<void> stop();
    // All traces dropped; goes on as before.
    Result<void> clear();
    // peak := current
    Result<void> reset_peak();

  private:
    Result<std::uint64_t> read(std::uint64_t offset);
    Result<void> write(std::uint64_t offset, std::uint64_t value);

    Debugger& debugger_;
    std::uint64_t root_;
};

}  // namespace mt::core

#endif
