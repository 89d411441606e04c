// SPDX-License-Identifier: MIT
//
// A scenario: a program, where it stops, and what is typed at each stop. Read
// from a small text file; knows nothing of a debugger's own commands.
//
//   program NAME            a debuggee of tests/programs, or an absolute path
//   arguments WORDS         for the program, quoted as for a shell
//   preload no              the program runs as it is (default: mt preload)
//   idle-thread             all again with a second, idle thread alive
//   debugger NAME           only there: gdb or lldb (default: both)
//   reader no               not in the reader: it asks expressions that only debuggers know
//   run [FUNCTION]          starts it; to FUNCTION, else to its end
//   enter                   starts it; stops at its very first instruction
//   go [FUNCTION]           goes on to FUNCTION, else to its end
//   meet FUNCTION           goes on until a condition of mt break stops it; FUNCTION's frame
//                           is selected then, and what was printed goes into the golden text
//   signal NAME FUNCTION    goes on by a signal that the program gets here
//   age                     makes the table look one major version newer
//   core                    what follows is also asked of cores written here
//   mt WORDS                a command; its output goes into the golden text
//   only-core mt WORDS      asked of the cores alone
//   same                    the last command said the same when it was last asked
//   golden no               no golden text: all must say what live GDB says
#ifndef MEMTRACE_TESTS_SESSIONS_SCENARIO_H
#define MEMTRACE_TESTS_SESSIONS_SCENARIO_H

#include <filesystem>
#include <string>
#include <vector>

namespace mt::sessions {

enum class StepKind { run, enter, go, meet, signal, age, core, command, same };

struct Step {
    StepKind kind = StepKind::command;
    std::string text;      // of command: "mt peak"; of signal: its name
    std::string function;  // of run, go, meet, signal: where to stop; empty = runs to its end
    bool only_core = false;
};

struct Scenario {
    std::string name;
    std::string program;
    std::string arguments;
    std::vector<std::string> debuggers = {"gdb", "lldb"};
    bool preload = true;
    bool reader = true;
    bool idle_thread = false;
    bool golden = true;
    std::vector<Step> steps;

    bool has_core() const;
};

// Throws std::runtime_error that names file and line.
Scenario read_scenario(const std::filesystem::path& file);

}  // namespace mt::sessions

#endif
