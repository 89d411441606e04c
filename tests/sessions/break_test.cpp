// SPDX-License-Identifier: MIT
//
// mt break on a real program that grows to hundreds of megabytes: it stops within
// one allocation of the limit, in both debuggers, and the reports say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kPython = "/usr/bin/python3";
// Texts in a list of its final length, which only end at about 700 MiB.
constexpr const char* kProgram =
    "rows = [None] * 8000000\nfor i in range(8000000): rows[i] = str(i) * 4";
constexpr long long kLimit = 500ll << 20;

constexpr const char* kGdb = R"(set environment PYTHONMALLOC=malloc
set args grow.py
mt preload
mt start
mt break --peak 500M
run
frame
mt status --json
mt break
mt peak --by lineno -n 1 --json
kill
)";
constexpr const char* kLldb = R"(settings set target.env-vars PYTHONMALLOC=malloc
mt preload
mt start
mt break --peak 500M
process launch -- grow.py
frame info
mt status --json
mt break list
mt peak --by lineno -n 1 --json
process kill
)";

class RealProgram : public InDebugger {};

long long number_in(const std::string& text, const std::string& pattern) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(pattern))) return -1;
    return std::stoll(found[1]);
}

TEST_P(RealProgram, StopsWithinOneAllocationOfTheLimit) {
    std::ofstream(work_ / "grow.py") << kProgram << '\n';
    const std::string text = said(is_gdb() ? kGdb : kLldb, {kPython}, 300s);
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

INSTANTIATE_TEST_SUITE_P(Python, RealProgram, testing::Values(Debugger::gdb, Debugger::lldb),
                         name_of);

}  // namespace
}  // namespace mt::sessions
