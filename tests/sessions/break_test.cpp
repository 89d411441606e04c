// SPDX-License-Identifier: MIT
//
// mt break on a real program that grows to hundreds of megabytes: it stops within
// one allocation of the limit, in both debuggers, and the reports say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "subprocess.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

const fs::path kStage = MEMTRACE_STAGE;
constexpr const char* kPython = "/usr/bin/python3";
// Texts in a list of its final length, which only end at about 700 MiB.
constexpr const char* kProgram =
    "rows = [None] * 8000000\nfor i in range(8000000): rows[i] = str(i) * 4";
constexpr long long kLimit = 500ll << 20;

class RealProgram : public testing::TestWithParam<const char*> {
  protected:
    RealProgram() {
        work_ = fs::path(testing::TempDir()) /
                (std::string("memtrace-break-") + GetParam() + '-' + std::to_string(getpid()));
        fs::create_directories(work_);
        std::ofstream(work_ / "grow.py") << kProgram << '\n';
    }
    ~RealProgram() override {
        if (!HasFailure()) fs::remove_all(work_);
    }

    std::string gdb() {
        std::ofstream(work_ / "script")
            << "set confirm off\nset debuginfod enabled off\nset width 0\n"
            << "source " << (kStage / "share/memtrace/gdb/memtrace.py").string()
            << "\nset environment PYTHONMALLOC=malloc\nset args grow.py\n"
            << "mt preload\nmt start\nmt break --peak 500M\nrun\n"
            << "frame\nmt status --json\nmt break\nmt peak --by lineno -n 1 --json\nkill\n";
        return said(MEMTRACE_GDB_PROGRAM, {"-nx", "-batch", "-x", "script", kPython});
    }
    std::string lldb() {
        std::ofstream(work_ / "script")
            << "plugin load " << (kStage / "lib/memtrace/libmemtrace_lldb.so").string()
            << "\ntarget create " << kPython
            << "\nsettings set target.env-vars PYTHONMALLOC=malloc\n"
            << "mt preload\nmt start\nmt break --peak 500M\n"
            << "process launch -- grow.py\n"
            << "frame info\nmt status --json\nmt break list\nmt peak --by lineno -n 1 "
               "--json\nprocess kill\n";
        return said(MEMTRACE_LLDB_PROGRAM, {"--no-lldbinit", "--no-use-colors", "--batch", "-o",
                                            "command source -e false -c false -s false script"});
    }
    std::string said(const char* program, const std::vector<std::string>& words) {
        const Outcome outcome = run_program(program, words, work_, 300s);
        std::ofstream(work_ / "output") << outcome.output;
        EXPECT_NE(outcome.status, -1) << "no end, see " << work_;
        return outcome.output;
    }

    fs::path work_;
};

long long number_in(const std::string& text, const std::string& pattern) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(pattern))) return -1;
    return std::stoll(found[1]);
}

TEST_P(RealProgram, StopsWithinOneAllocationOfTheLimit) {
    const std::string text = std::string(GetParam()) == "gdb" ? gdb() : lldb();
    EXPECT_THAT(text, HasSubstr("mt break 1: peak 500 MiB >= 500 MiB; block 0x"));
    const long long block = number_in(text, "block 0x[0-9a-f]+, ([0-9]+) B");
    const long long current = number_in(text, "\"current\": \\{\\s*\"size\": ([0-9]+)");
    const long long peak = number_in(text, "\"peak\": \\{\\s*\"size\": ([0-9]+)");
    EXPECT_GE(current, kLimit) << text;
    EXPECT_LT(current - block, kLimit);
    EXPECT_EQ(peak, current);
    EXPECT_THAT(text, HasSubstr("1: peak >= 500 MiB, 1 hit\n"));
    // The heap at its very top: what the peak was made of is what there is now.
    const std::string top = text.substr(text.find("\"command\": \"peak\""));
    EXPECT_EQ(number_in(top, "\"current\": \\{\\s*\"size\": ([0-9]+)"), current);
    EXPECT_EQ(number_in(top, "\"total\": \\{\\s*\"size\": ([0-9]+)"), current);
    RecordProperty("overshoot", std::to_string(current - kLimit) + " of " + std::to_string(block));
    // The frame is python3's own, not one of ours or malloc.
    const std::string frame = text.substr(0, text.find("\"schema\""));
    EXPECT_FALSE(std::regex_search(frame, std::regex("#0 |frame #0"))) << frame;
}

INSTANTIATE_TEST_SUITE_P(Python, RealProgram, testing::Values("gdb", "lldb"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace mt::sessions
