// SPDX-License-Identifier: MIT
//
// The conditions of mt break: what the user has asked for, which of it is armed in
// which process, and what a stop means. They belong to the session and outlive each
// process; the runtime evaluates them (abi::WatchSlot). Parses no options.
#ifndef MEMTRACE_CORE_COMMAND_CONDITIONS_H
#define MEMTRACE_CORE_COMMAND_CONDITIONS_H

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "abi/layout.h"
#include "analyse/filter.h"
#include "command/control.h"
#include "model/error.h"
#include "show/report.h"

namespace mt::core {

class Session;
struct Process;

struct Condition {
    std::uint32_t number = 0;
    std::uint32_t kinds = 0;  // abi::kWatch…, together
    std::uint64_t value = 0;
    std::uint64_t thread = 0;  // serial
    std::string thread_name;
    std::optional<Filter> site;
    std::string site_text;
    std::string block;  // of a free: the block's size and where it was allocated
    bool once = false;
    bool enabled = true;
    std::uint64_t hits = 0;
    bool told = false;       // it has stopped this process
    std::int32_t slot = -1;  // in the process; -1 = not armed

    bool is(std::uint32_t kind) const { return (kinds & kind) != 0; }
    // It means something in one process only.
    bool dies_with_process() const { return is(abi::kWatchThread | abi::kWatchFree); }
};

// Without rounding: "500 MiB", "1000000 B".
std::string exact_size(std::uint64_t bytes);
// "total >= 500 MiB"
std::string condition_text(const Condition& condition);
ListedCondition listed(const Condition& condition);

// What the debugger is to do with a thread at the stop point.
struct Stop {
    bool stays = false;
    std::string text;
    std::uint64_t pc = 0;     // the innermost frame with this pc …
    std::uint32_t level = 0;  // … and so many outwards is to be selected
};

class Conditions {
  public:
    const std::vector<Condition>& all() const { return list_; }
    Condition* find(std::uint32_t number);
    // Gives it its number.
    Condition& add(Condition condition);
    void erase(std::uint32_t number);

    // All that are enabled, into the process whose abi::Root this is.
    Result<void> arm(Session& session, std::uint64_t root);
    // Without a process: armed when the next one has the runtime.
    Result<void> await(Session& session) { return set_stop_point(session); }
    // A new process: what meant the last one is disabled.
    void forget_process();

    // Arguments of the runtime's stop function.
    Result<Stop> stopped(Session& session, const std::array<std::uint64_t, 5>& arguments);

  private:
    Result<void> set_stop_point(Session& session);
    Result<Stop> decide(Session& session, const Process& process, std::uint32_t stack);
    Result<Stop> hit(Session& session, const Process& process, Condition& condition,
                     const std::array<std::uint64_t, 5>& arguments);

    std::vector<Condition> list_;
    std::uint32_t next_number_ = 1;
    bool stop_point_ = false;
    // Which questions are asked of, from the first one on until something is armed anew:
    // there may be thousands.
    std::shared_ptr<Process> asking_;
};

}  // namespace mt::core

#endif
