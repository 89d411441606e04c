// SPDX-License-Identifier: MIT
//
// The words of the root that a debugger may write and nothing else of the table. Each is one
// aligned store that the runtime obeys at its next event. Decides nothing.
#ifndef MEMTRACE_CORE_TARGET_CONTROL_H
#define MEMTRACE_CORE_TARGET_CONTROL_H

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/start.h"
#include "target/debugger.h"

namespace mt::core {

// One condition of mt break as the runtime sees it (abi::WatchSlot); all 0 = empty.
struct Watch {
    std::uint32_t condition = 0;
    std::uint64_t value = 0;
    std::uint64_t argument = 0;
    std::uint32_t flags = 0;
};

// A core or a recording takes no orders.
Result<void> may_change(const Target& target, std::string_view verb);

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
    // A new mark; blocks get stamps from now on. Its number.
    Result<std::uint64_t> mark();
    // peak := current
    Result<void> reset_peak();
    // Shards keep their highest from now on; the number of the epoch.
    Result<std::uint64_t> begin_epoch();
    // … and need not any more, from the next start or clear on.
    Result<void> end_epochs();
    // Armed from the next event on; all slots from the first to the last.
    Result<void> watch(const std::vector<Watch>& slots);
    Result<void> empty_slot(std::uint32_t slot);
    // The runtime asks whether the traceback `stack` matches (abi::is_match).
    Result<void> decide(std::uint32_t stack, std::uint32_t verdict);

  private:
    Result<std::uint64_t> read(std::uint64_t offset);
    Result<void> write(std::uint64_t offset, std::uint64_t value);

    Debugger& debugger_;
    std::uint64_t root_;
};

}  // namespace mt::core

#endif
