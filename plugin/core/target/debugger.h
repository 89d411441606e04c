// SPDX-License-Identifier: MIT
//
// The debugger: an adapter's callbacks, which are C, as typed questions. Where a callback says
// "interrupted" that is an error, where it says "cannot" an empty answer; texts are copied. Knows
// no layout and no command.
#ifndef MEMTRACE_CORE_TARGET_DEBUGGER_H
#define MEMTRACE_CORE_TARGET_DEBUGGER_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memtrace_core.h"
#include "model/error.h"
#include "source/callback_memory.h"
#include "symbols/debug_info.h"
#include "target/progress.h"

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
    // Where the user has told the debugger to look for files.
    std::string sysroot;
    std::vector<std::string> file_folders;
    std::optional<std::vector<std::string>> debug_folders;  // none: it cannot tell

    // Nothing to look at: what is asked for is about the next run.
    bool is_absent() const {
        return kind == TargetKind::none || kind == TargetKind::exited ||
               kind == TargetKind::detached;
    }
};

struct ThreadAt {
    std::uint32_t number = 0;         // as the user names it
    std::uint32_t tid = 0;            // system id; 0 = unknown
    std::uint64_t stack_pointer = 0;  // 0 = its registers cannot be read
};

struct Register {
    std::string name;  // "rbx", "xmm3[1]" (mtc_debugger::registers)
    std::uint64_t value = 0;
};

// What a stopped thread holds in registers; those that are 0 may be missing.
struct ThreadRegisters {
    std::uint32_t number = 0;  // as ThreadAt has it
    std::uint32_t tid = 0;     // system id; 0 = unknown
    std::vector<Register> registers;
};

// A frame of a stopped thread that is not inlined (mtc_caller).
struct Caller {
    std::uint64_t pc = 0, sp = 0;
    bool is_signal = false;
};

// What came of a call in the program (mtc_called).
struct Called {
    enum class State : std::uint8_t { returned, late, stuck, none };
    State state = State::none;
    std::uint64_t result = 0;
};

// A value in the program's language (mtc_value).
struct Value {
    enum class Kind : std::uint8_t { other, number, place };
    Kind kind = Kind::other;
    std::uint64_t number = 0;
    std::uint64_t address = 0;  // of a place; 0 = not known
    std::string type;           // may be empty
};
Value value_of(const mtc_value& raw);

// Where the output of a command goes.
struct Screen {
    bool is_terminal = false;
    std::size_t columns = 0;  // 0 = without a limit
    bool has_style = false;
};

class Debugger final : private DebugInfo {
  public:
    explicit Debugger(const mtc_debugger& callbacks);
    Debugger(const Debugger&) = delete;
    Debugger& operator=(const Debugger&) = delete;

    Result<Target> target();
    // The debugger's own reads.
    Memory& memory() { return memory_; }
    Result<void> write(std::uint64_t address, const void* bytes, std::size_t size);
    // 0 = there is none.
    Result<std::uint64_t> find_symbol(const char* name);
    DebugInfo& debug_info() { return *this; }
    void print(std::string_view text);
    Screen screen();
    // Asked between pieces of long work, which progress() shows meanwhile.
    bool interrupted();
    Progress& progress() { return progress_; }
    // Empty = the debugger has no such line.
    Result<std::optional<std::string>> source_line(const std::string& file, std::uint32_t line);
    Result<void> prepare_run(const std::optional<std::string>& library,
                             const std::optional<std::string>& start);
    // False = the debugger cannot; of the next, too.
    Result<bool> await_runtime();
    Result<bool> set_stop_point(const char* function, bool on);
    // The value of an expression of the user's.
    Result<Value> evaluate(const std::string& expression);
    // Those that are stopped; none when the debugger cannot tell.
    Result<std::vector<ThreadAt>> threads();
    // At a function, or else at an address; each hit has so many `frames` that are not inlined.
    // In how many places; none = the debugger cannot.
    Result<std::optional<std::uint32_t>> set_point(std::uint64_t point, const char* function,
                                                   std::uint64_t address, std::uint32_t frames);
    Result<void> take_point(std::uint64_t point);
    // System id of the selected thread; 0 = there is none.
    Result<std::uint64_t> current_thread();
    // Of the threads whose registers can be read; none when the debugger cannot tell.
    Result<std::vector<ThreadRegisters>> registers();
    // Innermost first; none when the debugger cannot tell.
    Result<std::vector<Caller>> stack(std::uint32_t thread, std::uint32_t most);
    // The number of the thread that came; 0 = none did. Errors: the debugger cannot.
    Result<std::uint32_t> run_to(const std::vector<std::uint64_t>& addresses,
                                 std::uint32_t milliseconds);
    // Runs code of the program.
    Result<Called> call(std::uint32_t thread, std::uint64_t function,
                        const std::vector<std::uint64_t>& arguments, std::uint32_t milliseconds);

  private:
    Result<std::vector<RawFrame>> frames(std::uint64_t address) override;
    Result<std::optional<RawSymbol>> symbol(std::uint64_t address) override;

    mtc_debugger callbacks_;
    CallbackMemory memory_;
    Progress progress_;
};

}  // namespace mt::core

#endif
