// SPDX-License-Identifier: MIT
//
// A debugger made by a test, speaking the core's C interface over a FakeMemory.
// Each answer can be changed; what the core did is noted. Knows no command.
#ifndef MEMTRACE_TESTS_SUPPORT_FAKE_DEBUGGER_H
#define MEMTRACE_TESTS_SUPPORT_FAKE_DEBUGGER_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "memtrace_core.h"
#include "support/fake_memory.h"
#include "support/table_builder.h"

namespace mt::test {

struct FakeRegister {
    std::uint32_t thread = 0;
    std::uint32_t tid = 0;
    std::string name;
    std::uint64_t value = 0;
};

struct FakeFrame {
    std::string file;
    std::uint32_t line = 0;
    std::string linkage;
};

class FakeDebugger {
  public:
    explicit FakeDebugger(FakeMemory start = {}) : memory(std::move(start)) {}

    mtc_debugger callbacks();

    FakeMemory memory;
    mtc_target_kind kind = MTC_TARGET_LIVE;
    bool running = false;
    bool remote = false;
    std::int64_t pid = 0;
    std::string sysroot, file_folders;
    std::string core;  // path of the core file; empty: the debugger cannot tell
    std::map<std::string, std::uint64_t> symbols = {{"memtrace_root", TableBuilder::kRoot},
                                                    {"_IO_2_1_stdout_", 0x7ffff7e00000}};
    std::map<std::uint64_t, std::vector<FakeFrame>> frames;  // by return address
    std::map<std::pair<std::string, std::uint32_t>, std::string> sources;
    std::map<std::string, mtc_value> expressions;  // all others cannot be evaluated
    std::vector<std::uint64_t> stack_pointers;     // of threads 1, 2, …
    std::vector<std::uint32_t> system_ids;         // of these; 0 or none: not known
    std::vector<FakeRegister> registers;
    bool can_await = true;
    bool can_stop = true;
    std::string refuses_run;                     // reason; empty = does not refuse
    std::uint64_t interrupt_after = UINT64_MAX;  // questions until Ctrl-C
    bool sources_interrupt = false;              // so does a source line
    bool reads_interrupt = false;                // a read ends by Ctrl-C
    bool registers_interrupt = false;            // so does the list of registers
    std::function<void()> before_read;           // may throw

    std::string printed;
    std::uint64_t longest_print = 0;                              // bytes of one call
    std::vector<std::pair<std::uint64_t, std::uint64_t>> writes;  // address, value
    std::vector<std::pair<std::string, std::string>> runs;        // library, start; "-" = null
    int awaited = 0;
    std::string stop_point;  // the function that the core waits for; empty = none
    std::uint64_t symbolised = 0;
    std::set<std::string> functions;  // that breakpoints can be set at
    std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> points;  // function, address
    std::uint64_t thread = 0;  // system id of the selected one
    mtc_screen screen{};       // no terminal
};

// A session on a fake debugger, as an adapter holds it.
class FakeSession {
  public:
    explicit FakeSession(FakeDebugger& debugger, const std::string& library_directory = "/nowhere");
    ~FakeSession() { mtc_close(session_); }
    FakeSession(const FakeSession&) = delete;
    FakeSession& operator=(const FakeSession&) = delete;

    mtc_session* get() { return session_; }
    int run(const std::string& line);
    // What it printed; fails the test when the command does not succeed.
    std::string text(const std::string& line);
    // The error of a command that must fail, which must print nothing.
    std::string error(const std::string& line);
    std::vector<std::string> complete(const std::string& line);

  private:
    FakeDebugger& debugger_;
    mtc_debugger callbacks_;
    mtc_session* session_;
};

}  // namespace mt::test

#endif
