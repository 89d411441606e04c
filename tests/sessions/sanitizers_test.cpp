// SPDX-License-Identifier: MIT
//
// Programs that cannot be traced as they are built: the debuggers say so before the
// run, with the way out, and the way out works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

using Commands = std::vector<std::string>;

// What memtrace-gdb says for a program and these commands.
std::string gdb(const std::string& program, const Commands& commands) {
    Commands words = {"MEMTRACE_GDB=" + debugger_program(Debugger::gdb),
                      (kStage / "bin/memtrace-gdb").string(),
                      "-nx",
                      "-batch",
                      "-iex",
                      "set debuginfod enabled off"};
    for (const std::string& command : commands) words.insert(words.end(), {"-ex", command});
    words.push_back((kPrograms / program).string());
    return run_program("env", words, testing::TempDir(), 120s).output;
}

std::string lldb(const std::string& program, const Commands& commands) {
    Commands words = {"MEMTRACE_LLDB=" + debugger_program(Debugger::lldb),
                      (kStage / "bin/memtrace-lldb").string(), "--no-lldbinit", "--batch",
                      (kPrograms / program).string()};
    for (const std::string& command : commands) words.insert(words.end(), {"-o", command});
    return run_program("env", words, testing::TempDir(), 120s).output;
}

const Commands kToTheEnd = {"mt start", "b sanitized_done", "run", "mt snapshot", "kill"};

Commands with(Commands commands, const std::string& first) {
    commands.insert(commands.begin(), first);
    return commands;
}

TEST(SanitizersTest, F57AddressSanitizerOfGccWorksWhenItsOrderIsNotVerified) {
    const std::string line =
        "remark: sanitized_gcc_address is built with AddressSanitizer (libasan.so.";
    const std::string way = "set ASAN_OPTIONS=verify_asan_link_order=0 in its environment";
    const std::string by_gdb =
        gdb("sanitized_gcc_address",
            with(kToTheEnd, "set environment ASAN_OPTIONS=verify_asan_link_order=0"));
    EXPECT_THAT(by_gdb, HasSubstr(line));
    EXPECT_THAT(by_gdb, HasSubstr(way));
    EXPECT_THAT(by_gdb, HasSubstr("sanitized.c:15: size=5000 B, count=1, average=5000 B"));
    EXPECT_THAT(by_gdb, Not(HasSubstr("is not seen")));
    const std::string by_lldb = lldb(
        "sanitized_gcc_address",
        with(kToTheEnd, "settings append target.env-vars ASAN_OPTIONS=verify_asan_link_order=0"));
    EXPECT_THAT(by_lldb, HasSubstr(line));
    EXPECT_THAT(by_lldb, HasSubstr("sanitized.c:15: size=5000 B, count=1, average=5000 B"));
}

TEST(SanitizersTest, F57SanitizersInsideTheProgramAreNamedBeforeTheRunAndInReports) {
    const std::pair<const char*, const char*> kinds[] = {{"address", "AddressSanitizer"},
                                                         {"thread", "ThreadSanitizer"},
                                                         {"leak", "LeakSanitizer"},
                                                         {"memory", "MemorySanitizer"}};
    for (const auto& [kind, name] : kinds) {
        const std::string program = std::string("sanitized_clang_") + kind;
        SCOPED_TRACE(program);
        const std::string said = gdb(program, kToTheEnd);
        EXPECT_THAT(said, HasSubstr("remark: " + program + " is built with " + name +
                                    ", whose malloc is inside the program"));
        EXPECT_THAT(said, HasSubstr(" are " + std::string(name) + "'s, in " + program +
                                    ", not memtrace's: what they allocate and free is not seen; "
                                    "tracing needs a build without it"));
    }
    const std::string said = lldb("sanitized_clang_address", kToTheEnd);
    EXPECT_THAT(said, HasSubstr("remark: sanitized_clang_address is built with AddressSanitizer"));
    EXPECT_THAT(said, HasSubstr(" are AddressSanitizer's, in sanitized_clang_address"));
}

TEST(SanitizersTest, F57ThreadSanitizerOfGccIsNamedBeforeTheRun) {
    const std::string line = "remark: sanitized_gcc_thread is built with ThreadSanitizer (libtsan";
    EXPECT_THAT(gdb("sanitized_gcc_thread", {}), HasSubstr(line));
    EXPECT_THAT(lldb("sanitized_gcc_thread", {}), HasSubstr(line));
}

TEST(SanitizersTest, F57WhatWorksIsTraced) {
    for (const char* program :
         {"sanitized_gcc_leak", "sanitized_gcc_undefined", "sanitized_clang_undefined"}) {
        SCOPED_TRACE(program);
        for (const std::string& said : {gdb(program, kToTheEnd), lldb(program, kToTheEnd)}) {
            EXPECT_THAT(said, HasSubstr("sanitized.c:15: size=5000 B, count=1, average=5000 B"));
            EXPECT_THAT(said, Not(HasSubstr("is not seen")));
            const bool is_leak = std::string(program) == "sanitized_gcc_leak";
            EXPECT_EQ(said.find("is built with") != std::string::npos, is_leak) << said;
        }
    }
}

TEST(SanitizersTest, F09StaticProgramIsNamedBeforeTheRun) {
    const std::string line =
        "remark: static_program is linked statically, so no library can be "
        "preloaded into it";
    const Commands commands = {"b static_ready", "run", "mt status", "kill"};
    for (const std::string& said :
         {gdb("static_program", commands), lldb("static_program", commands)}) {
        EXPECT_THAT(said, HasSubstr(line));
        EXPECT_THAT(said, HasSubstr("this program runs without the memtrace runtime"));
    }
}

}  // namespace
}  // namespace mt::sessions
