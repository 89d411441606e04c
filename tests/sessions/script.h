// SPDX-License-Identifier: MIT
//
// What a scenario means in each debugger's own commands, and how its output is
// cut into answers again. The only file that knows both debuggers' manners.
#ifndef MEMTRACE_TESTS_SESSIONS_SCRIPT_H
#define MEMTRACE_TESTS_SESSIONS_SCRIPT_H

#include <filesystem>
#include <string>
#include <vector>

#include "scenario.h"

namespace mt::sessions {

// Where things lie; all absolute.
struct Places {
    std::filesystem::path stage;     // as installed: lib/, share/, bin/
    std::filesystem::path programs;  // the built debuggees
    std::filesystem::path sources;   // their sources, for <programs>
    std::filesystem::path work;      // a folder of this run's own
};

// The reader is none, and knows cores only.
enum class Debugger { gdb, lldb, reader };

struct Session {
    Debugger debugger = Debugger::gdb;
    std::filesystem::path core;     // empty: live
    std::filesystem::path save_as;  // live GDB: where gcore writes; empty: no cores wanted
    bool idle_thread = false;
};

std::string script_of(const Scenario& scenario, const Session& session, const Places& places);

// The one that CMake found, or that MEMTRACE_GDB or MEMTRACE_LLDB names; the reader that was built.
std::string debugger_program(Debugger debugger);

// The debugger's command line; `script` is the file with the script's text.
std::vector<std::string> command_line(const Session& session, const std::filesystem::path& script);

struct Answer {
    std::string command;  // "mt peak"
    std::string text;
};

// Answers in order. Throws std::runtime_error when the session did not go as
// scripted: it did not stop where it should, or ended early.
std::vector<Answer> answers_of(const Scenario& scenario, const Session& session,
                               const std::string& output, const Places& places);

// The steps that a session takes: of a core those after it was written.
std::vector<Step> steps_of(const Scenario& scenario, const Session& session);

}  // namespace mt::sessions

#endif
