// SPDX-License-Identifier: MIT
//
// The conditions of mt break: what the user has asked for, which of it is armed in which
// process, and what a stop means. They outlive each process. The runtime evaluates them
// (abi::WatchSlot) but for the end of the program, where the debugger has a breakpoint.
#ifndef MEMTRACE_CORE_APP_BREAKS_CONDITIONS_H
#define MEMTRACE_CORE_APP_BREAKS_CONDITIONS_H

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "app/points.h"
#include "model/error.h"
#include "report/condition.h"
#include "target/debuggee.h"

namespace mt::core {

class Conditions {
  public:
    Conditions(Debuggee& debuggee, Points& points) : debuggee_(debuggee), points_(points) {}

    const std::vector<Condition>& all() const { return list_; }
    Condition* find(std::uint32_t number);
    // Gives it its number.
    Condition& add(Condition condition);
    void erase(std::uint32_t number);

    // Of at_exit: its breakpoint is there while it is enabled.
    Result<void> set_ending_point(Condition& condition);
    // All others that are enabled, into the process whose abi::Root this is.
    Result<void> arm(std::uint64_t root);
    // Without a process: armed when the next one has the runtime.
    Result<void> await() { return set_stop_point(); }
    // A new process: what meant the last one is disabled.
    void forget_process();

    // A thread has come to the runtime's stop function, with these arguments. A question of
    // the runtime is answered unseen.
    Result<Stop> stopped(const std::array<std::uint64_t, 5>& arguments);

  private:
    Result<void> set_stop_point();
    Result<Stop> decide(const Process& process, std::uint32_t stack);
    Result<Stop> hit(const Process& process, Condition& condition,
                     const std::array<std::uint64_t, 5>& arguments);
    Result<Stop> ends(Condition& condition, const Hit& hit);

    Debuggee& debuggee_;
    Points& points_;
    std::vector<Condition> list_;
    std::uint32_t next_number_ = 1;
    bool stop_point_ = false;
    // Which questions are asked of, from the first one on until something is armed anew:
    // there may be thousands.
    std::shared_ptr<Process> asking_;
};

}  // namespace mt::core

#endif
