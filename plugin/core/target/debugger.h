// SPDX-License-Identifier: MIT
//
// The debugger, as commands see it. Implemented by capi/ over the adapter's
// callbacks. Knows no layout and no command.
#ifndef MEMTRACE_CORE_TARGET_DEBUGGER_H
#define MEMTRACE_CORE_TARGET_DEBUGGER_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "source/memory.h"
#include "symbols/debug_info.h"

namespace mt::core {

enum class TargetKind : std::uint8_t { none, live, core, replay, exited, detached };

struct Target {
    TargetKind kind = TargetKind::none;
    bool remote = false;
    bool running = false;
    std::uint32_t pointer_width = 0;  // bytes; 0 = unknown
    std::int64_t pid = 0;
    std::string executable;
    std::string core;

    // Nothing to look at: what is asked for is about the next run.
    bool is_absent() const {
        return kind == TargetKind::none || kind == TargetKind::exited ||
               kind == TargetKind::detached;
    }
};

struct ThreadAt {
    std::uint32_t number = 0;  // as the user names it
    std::uint32_t tid = 0;     // system id; 0 = unknown
    std::uint64_t stack_pointer = 0;
};

class Debugger {
  public:
    virtual ~Debugger() = default;
    virtual Result<Target> target() = 0;
    // The debugger's own reads.
    virtual Memory& memory() = 0;
    virtual Result<void> write(std::uint64_t address, const void* bytes, std::size_t size) = 0;
    // 0 = there is none.
    virtual Result<std::uint64_t> find_symbol(const char* name) = 0;
    virtual DebugInfo& debug_info() = 0;
    virtual void print(std::string_view text) = 0;
    virtual bool interrupted() = 0;
    // Empty = the debugger has no such line.
    virtual Result<std::optional<std::string>> source_line(const std::string& file,
                                                           std::uint32_t line) = 0;
    virtual Result<void> prepare_run(const std::optional<std::string>& library,
                                     const std::optional<std::string>& start) = 0;
    // False = the debugger cannot; of the next, too.
    virtual Result<bool> await_runtime() = 0;
    virtual Result<bool> set_stop_point(const char* function, bool on) = 0;
    // The value of an expression of the user's, as an address.
    virtual Result<std::uint64_t> evaluate(const std::string& expression) = 0;
    // Those that are stopped; none when the debugger cannot tell.
    virtual Result<std::vector<ThreadAt>> threads() = 0;
    // At a function, or else at an address. In how many places; none = the debugger cannot.
    virtual Result<std::optional<std::uint32_t>> set_point(std::uint64_t point,
                                                           const char* function,
                                                           std::uint64_t address, bool on) = 0;
    // System id of the selected thread; 0 = there is none.
    virtual Result<std::uint64_t> current_thread() = 0;
    // None = there is no such thread.
    virtual Result<std::optional<std::uint64_t>> stack_pointer(std::uint64_t thread) = 0;
};

}  // namespace mt::core

#endif
