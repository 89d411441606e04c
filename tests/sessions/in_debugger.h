// SPDX-License-Identifier: MIT
//
// Tests whose debugger reads a script of a few lines of its own: one test for each debugger,
// a folder, memtrace loaded first. What both say to the same steps is the scenarios' business.
#ifndef MEMTRACE_TESTS_SESSIONS_IN_DEBUGGER_H
#define MEMTRACE_TESTS_SESSIONS_IN_DEBUGGER_H

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "script.h"
#include "subprocess.h"
#include "support/test_folder.h"

namespace mt::sessions {

using test::TestFolder;

inline const std::filesystem::path kStage = MEMTRACE_STAGE;
inline const std::filesystem::path kPrograms = MEMTRACE_PROGRAMS;

class InDebugger : public testing::TestWithParam<Debugger> {
  protected:
    static bool is_gdb() { return GetParam() == Debugger::gdb; }

    // What the debugger says to the lines; `words` follow its options: the program, say.
    std::string said(const std::string& lines, const std::vector<std::string>& words = {},
                     std::chrono::seconds deadline = std::chrono::seconds(120)) const {
        std::ofstream(work_ / "script")
            << (is_gdb() ? "set confirm off\nset debuginfod enabled off\nset width 0\nsource " +
                               (stage_ / "share/memtrace/gdb/memtrace.py").string()
                         : "plugin load " + (stage_ / "lib/memtrace/libmemtrace_lldb.so").string())
            << '\n'
            << lines;
        std::vector<std::string> all =
            is_gdb() ? std::vector<std::string>{"-nx", "-batch", "-x", "script"}
                     : std::vector<std::string>{"--no-lldbinit", "--no-use-colors", "--batch", "-o",
                                                "command source -e false -c false -s false script"};
        all.insert(all.end(), words.begin(), words.end());
        const Outcome outcome = run_program(debugger_program(GetParam()), all, work_, deadline);
        std::ofstream(work_ / "output") << outcome.output;
        EXPECT_NE(outcome.status, -1) << "no end, see " << work_.path();
        return outcome.output;
    }

    TestFolder work_{"session"};
    std::filesystem::path stage_ = kStage;
};

inline std::string name_of(const testing::TestParamInfo<Debugger>& one) {
    return one.param == Debugger::gdb ? "gdb" : "lldb";
}

}  // namespace mt::sessions

#endif
