// SPDX-License-Identifier: MIT
//
// The C interface itself: whose words are whose, Ctrl-C, exceptions, completion,
// registration, and sessions that are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

FakeMemory tracing_table() {
    TableBuilder builder;
    builder.allocate(builder.add_stack({0x555555554100}), 8);
    return builder.build();
}

TEST(Words, WhatIsNotOurs) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    for (const char* line : {"info sections", "print statistics", "st", "s", "'", "x 'y"}) {
        EXPECT_EQ(session.run(line), MTC_NOT_OURS) << line;
        EXPECT_EQ(debugger.printed, "");
        EXPECT_STRNE(mtc_error(session.get()), "");
    }
    EXPECT_EQ(session.run("st"), MTC_NOT_OURS);
    EXPECT_STREQ(mtc_error(session.get()), "mt st is ambiguous: status, start, stop, stats");
}

TEST(Words, Abbreviations) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("sn"), session.text("snapshot"));
    EXPECT_EQ(session.text("sn --by fun"), session.text("snapshot --by=function"));
    EXPECT_EQ(session.text("pe --j"), session.text("peak --json"));
    EXPECT_EQ(session.text(""), session.text("status"));
    EXPECT_EQ(session.text("--json"), session.text("status --json"));
    EXPECT_EQ(session.text("snapshot --help"), session.text("help snapshot"));
}

TEST(Interrupt, LeavesTheSessionAsItWas) {
    for (std::uint64_t after = 0; after < 3; ++after) {
        FakeDebugger debugger(tracing_table());
        FakeSession session(debugger);
        debugger.interrupt_after = after;
        const int status = session.run("snapshot mine");
        if (status == MTC_OK) continue;
        EXPECT_EQ(status, MTC_INTERRUPTED);
        EXPECT_EQ(debugger.printed, "");
        debugger.interrupt_after = UINT64_MAX;
        EXPECT_EQ(session.text("list"), "no snapshots; mt snapshot takes one\n");
        EXPECT_THAT(session.error("traceback 1"), HasSubstr("no report yet"));
        session.text("snapshot mine");
        EXPECT_THAT(session.text("list"), StartsWith("1 mine: "));
    }
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    debugger.interrupt_after = 0;
    EXPECT_EQ(session.run("peak --reset"), MTC_INTERRUPTED);
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Interrupt, OfAReadIsPassedOn) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    debugger.reads_interrupt = true;
    EXPECT_EQ(session.run("snapshot"), MTC_INTERRUPTED);
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    debugger.reads_interrupt = false;
    EXPECT_EQ(session.text("list"), "no snapshots; mt snapshot takes one\n");
}

TEST(Interrupt, OfASourceLineIsPassedOn) {
    FakeDebugger debugger(tracing_table());
    debugger.frames[0x555555554100] = {{"/src/a.c", 3, "f"}};
    debugger.sources_interrupt = true;
    FakeSession session(debugger);
    EXPECT_EQ(session.run("snapshot --source"), MTC_INTERRUPTED);
    EXPECT_EQ(debugger.printed, "");
    EXPECT_EQ(session.text("list"), "no snapshots; mt snapshot takes one\n");
    EXPECT_THAT(session.text("snapshot"), StartsWith("/src/a.c:3: size=8 B"));
}

TEST(Errors, AreOnePrintableLine) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.run("foo\x1b[31m\nbar"), MTC_NOT_OURS);
    EXPECT_STREQ(mtc_error(session.get()), "mt foo\\x1b[31m is no command; mt help lists them");
    EXPECT_EQ(session.error("stats \"a\nb\xff\"").find('\n'), std::string::npos);
}

TEST(Exceptions, NeverLeaveTheCore) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    debugger.before_read = [] { throw std::runtime_error("callback"); };
    EXPECT_THAT(session.error("snapshot"), StartsWith("memtrace failed inside the debugger"));
    debugger.before_read = [] { throw std::bad_alloc(); };
    EXPECT_EQ(session.error("snapshot"), "memtrace ran out of memory inside the debugger");
    debugger.before_read = nullptr;
    EXPECT_THAT(session.text("snapshot"), HasSubstr("Total: size=8 B, count=1"));
}

TEST(Completion, VerbsOptionsKeysAndNames) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_THAT(session.complete("s"),
                ElementsAre("status", "start", "stop", "snapshot", "stats", "save", "scope"));
    EXPECT_THAT(session.complete("snapshot --b"), ElementsAre("--by", "--blocks"));
    EXPECT_THAT(session.complete("sn --by f"), ElementsAre("filename", "function"));
    EXPECT_THAT(session.complete("sn --by=t"),
                ElementsAre("--by=traceback", "--by=thread", "--by=type"));
    EXPECT_THAT(session.complete("stats "), IsEmpty());
    session.text("snapshot before");
    EXPECT_THAT(session.complete("stats "), ElementsAre("1", "before"));
    EXPECT_THAT(session.complete("drop b"), ElementsAre("before"));
    session.text("mark rows");
    session.text("mark");
    EXPECT_THAT(session.complete("stats --since "), ElementsAre("rows", "2"));
    EXPECT_THAT(session.complete("drop r"), ElementsAre("rows"));
    EXPECT_THAT(session.complete("help pr"), ElementsAre("preload"));
    EXPECT_THAT(session.complete("config so"), ElementsAre("source"));
    EXPECT_THAT(session.complete("config source o"), ElementsAre("off", "on"));
    EXPECT_THAT(session.complete("info s"), IsEmpty());
    EXPECT_THAT(session.complete("'"), IsEmpty());
}

TEST(Interface, VerbsForRegistration) {
    std::uint32_t number = 0;
    while (mtc_verb(number) != nullptr) {
        EXPECT_STRNE(mtc_verb_summary(number), "");
        EXPECT_THAT(mtc_verb_help(number), StartsWith(std::string("mt ") + mtc_verb(number)));
        ++number;
    }
    EXPECT_GE(number, 18u);
    EXPECT_EQ(mtc_verb_help(number), nullptr);
    EXPECT_EQ(mtc_abi(), MTC_ABI);
    EXPECT_STRNE(mtc_version(), "");
}

TEST(Interface, RefusesAnotherAbi) {
    FakeDebugger debugger;
    mtc_debugger callbacks = debugger.callbacks();
    callbacks.abi = MTC_ABI + 1;
    EXPECT_EQ(mtc_open(&callbacks, "/"), nullptr);
    callbacks = debugger.callbacks();
    callbacks.size -= 8;
    EXPECT_EQ(mtc_open(&callbacks, "/"), nullptr);
    callbacks = debugger.callbacks();
    callbacks.read = nullptr;
    EXPECT_EQ(mtc_open(&callbacks, "/"), nullptr);
    EXPECT_EQ(mtc_open(nullptr, "/"), nullptr);
    EXPECT_STRNE(mtc_error(nullptr), "");
    mtc_close(nullptr);
}

TEST(Interface, TracedMemory) {
    TableBuilder builder;
    const auto stack = builder.add_stack({0x555555554100});
    const auto block = builder.allocate(stack, 100);
    builder.allocate(stack, 8);
    builder.release(block);
    FakeDebugger debugger(builder.build());
    FakeSession session(debugger);
    std::uint64_t current = 0, peak = 0;
    EXPECT_EQ(mtc_traced_memory(session.get(), &current, &peak), MTC_OK);
    EXPECT_EQ(current, 8u);
    EXPECT_EQ(peak, 108u);
    session.text("stop");
    EXPECT_EQ(mtc_traced_memory(session.get(), &current, &peak), MTC_ERROR);
}

}  // namespace
}  // namespace mt::test
