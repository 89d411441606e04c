// SPDX-License-Identifier: MIT
//
// The registers of all threads, as both debuggers' adapters tell them to the core: of a process,
// of one behind gdbserver, of cores. No command asks for them by itself here; a core in the
// place of ours does (asking_core.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <regex>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const std::string kProgram = (kPrograms / "held_registers").string();

class Registers : public InDebugger {
  protected:
    void SetUp() override {
        stage_ = work_ / "stage";
        for (const char* folder : {"share/memtrace/gdb", "lib/memtrace"}) {
            fs::create_directories(stage_ / folder);
            fs::copy(kStage / folder, stage_ / folder, fs::copy_options::recursive);
        }
        fs::copy_file(MEMTRACE_ASKING_CORE, stage_ / "lib/memtrace/libmemtrace_core.so",
                      fs::copy_options::overwrite_existing);
    }

    static std::string stop() {
        return is_gdb() ? "break registers_held\n" : "breakpoint set --name registers_held\n";
    }
    static std::string select() { return is_gdb() ? "thread 2\nup\n" : "thread select 2\nup\n"; }
    // Prints the numbers of the selected thread and frame.
    static std::string selection() {
        return is_gdb() ? "python print('selected', gdb.selected_thread().num, "
                          "gdb.selected_frame().level())\n"
                        : "script thread = lldb.debugger.GetSelectedTarget().process."
                          "GetSelectedThread(); print('selected', thread.GetIndexID(), "
                          "thread.GetSelectedFrame().GetFrameID())\n";
    }
    static std::string open_core(const fs::path& core) {
        return (is_gdb() ? "core-file " : "target create --core ") + core.string() + '\n';
    }

    // What a thread's register holds; nothing: it was not told.
    static std::optional<std::uint64_t> held(const std::string& said, int thread,
                                             const std::string& name) {
        std::smatch match;
        const std::regex line("\nthread " + std::to_string(thread) + ", tid [1-9][0-9]*: " +
                              std::regex_replace(name, kBracket, "\\$&") + "=0x([0-9a-f]+)\n");
        if (!std::regex_search(said, match, line)) return std::nullopt;
        return std::stoull(match[1], nullptr, 16);
    }

    // Main is the debugger's thread 1, the other one its thread 2.
    static void expect_all_held(const std::string& said, bool upper_halves) {
        for (std::uint64_t thread = 0; thread < 2; ++thread) {
            const int number = static_cast<int>(thread) + 1;
            EXPECT_EQ(held(said, number, "rbx"), 0xfeed000b00000000 | thread) << said;
            EXPECT_EQ(held(said, number, "xmm3[1]"), 0xfeed000300000000 | thread) << said;
            EXPECT_TRUE(held(said, number, "sp")) << said;
            EXPECT_EQ(held(said, number, "rsp"), held(said, number, "sp")) << said;
            EXPECT_TRUE(held(said, number, "fs_base")) << said;
            if (!upper_halves || !__builtin_cpu_supports("avx")) continue;
            EXPECT_EQ(held(said, number, "ymm5[2]"), 0xfeed000500000000 | thread) << said;
        }
        EXPECT_NE(held(said, 1, "fs_base"), held(said, 2, "fs_base")) << said;
    }

    static inline const std::regex kBracket{R"([\[\]])"};
};

TEST_P(Registers, OfAllThreadsAreToldAndTheSelectionStays) {
    const std::string text =
        said(stop() + "run\n" + select() + "mt threads\nmt registers\n" + selection() + "kill\n",
             {kProgram});
    expect_all_held(text, true);
    EXPECT_THAT(text, HasSubstr("selected 2 1\n"));
}

TEST_P(Registers, AreNotReadOnAfterCtrlC) {
    const std::string asked =
        is_gdb() ? "python\ntry:\n    gdb.execute('mt interrupted-registers')\n"
                   "except KeyboardInterrupt:\n    print('error: interrupted')\nend\n"
                 : "mt interrupted-registers\n";
    const std::string text =
        said(stop() + "run\n" + select() + asked + selection() + "kill\n", {kProgram});
    EXPECT_THAT(text, HasSubstr("error: interrupted\n"));
    EXPECT_FALSE(held(text, 2, "rbx")) << text;
    if (is_gdb())  // LLDB ends the script, GDB prints no answer
        EXPECT_THAT(text, HasSubstr("selected 2 1\n"));
    else
        EXPECT_TRUE(held(text, 1, "rbx")) << text;
}

TEST_P(Registers, OfCoresAreTold) {
    // LLDB shows no register of a core beyond xmm.
    const fs::path saved = work_ / "saved";
    run_program(debugger_program(Debugger::gdb),
                {"-nx", "-batch", "-ex", "break registers_held", "-ex", "run", "-ex",
                 "gcore " + saved.string(), kProgram},
                work_, 120s);
    expect_all_held(said(open_core(saved) + "mt threads\nmt registers\n", {kProgram}), is_gdb());

    // GDB 13 reads no kernel's core beyond xmm on processors of AMD, and is not to say so here.
    EXPECT_EQ(run_program(kProgram, {}, work_, 120s).status, 128 + SIGILL);
    const std::string text =
        said(open_core(kernel_core(work_)) + "mt threads\nmt registers\n", {kProgram});
    expect_all_held(text, false);
    std::smatch second;
    ASSERT_TRUE(std::regex_search(text, second, std::regex("thread 2, tid ([0-9]+)"))) << text;
    EXPECT_THAT(text, Not(HasSubstr("/" + second[1].str() + "' in core file too small")));
}

TEST_P(Registers, OfNoProcessAreNone) {
    const std::string text = said("mt registers\n", {kProgram});
    EXPECT_THAT(text, Not(AnyOf(HasSubstr("tid"), HasSubstr("rror"))));
}

INSTANTIATE_TEST_SUITE_P(In, Registers, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

// LLDB has lldb-server between it and every process.
using RegistersBehindGdbserver = Registers;

TEST_P(RegistersBehindGdbserver, AreTold) {
    const std::string text = said("target remote | " MEMTRACE_GDBSERVER " --once - " + kProgram +
                                      "\n" + stop() + "continue\nmt threads\nmt registers\nkill\n",
                                  {kProgram});
    expect_all_held(text, true);
}

INSTANTIATE_TEST_SUITE_P(In, RegistersBehindGdbserver, testing::Values(Debugger::gdb), name_of);

// A kernel's core has none of them. LLDB does not list the thread.
using RegistersOfAnEndedThread = Registers;

TEST_P(RegistersOfAnEndedThread, AreNotToldAndThoseOfOthersAre) {
    EXPECT_EQ(run_program(kProgram, {"0"}, work_, 120s).status, 128 + SIGILL);
    const std::string text =
        said(open_core(kernel_core(work_)) + "mt threads\nmt registers\n", {kProgram});
    EXPECT_TRUE(held(text, 1, "rsp")) << text;
    EXPECT_EQ(held(text, 1, "rsp"), held(text, 1, "sp")) << text;
    EXPECT_EQ(held(text, 2, "sp"), 0u) << text;
    EXPECT_FALSE(held(text, 2, "rsp")) << text;
}

INSTANTIATE_TEST_SUITE_P(In, RegistersOfAnEndedThread, testing::Values(Debugger::gdb), name_of);

}  // namespace
}  // namespace mt::sessions
