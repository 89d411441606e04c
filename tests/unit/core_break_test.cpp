// SPDX-License-Identifier: MIT
//
// mt break through the C interface: what is written and in which order, what a stop
// means, and that a question of the runtime is answered unseen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t kRoot = TableBuilder::kRoot;
constexpr std::uint64_t kVerdicts = 0x7fff00000000;
constexpr std::uint64_t kOperatorNew = 0x555555554500;
constexpr std::uint64_t kParse = 0x555555554600;
constexpr std::uint64_t kMain = 0x555555554700;

struct Stopped {
    int status = 0;
    mtc_stop stop{};
    std::string text;
};

class Break : public ::testing::Test {
  protected:
    Break() {
        TableBuilder builder;
        stack = builder.add_stack({kOperatorNew, kParse, kMain});
        builder.allocate(stack, 8);
        debugger.memory = builder.build();
        debugger.memory.change<abi::Root>(kRoot,
                                          [](abi::Root& root) { root.watch_verdicts = kVerdicts; });
        debugger.memory.map(kVerdicts, 4096);
        debugger.frames[kOperatorNew] = {{"/usr/include/c++/12/new", 9, "_Znwm"}};
        debugger.frames[kParse] = {{"/usr/include/c++/12/vector", 70, ""},
                                   {"/src/parse.cpp", 12, "_Z5parsev"}};
        debugger.frames[kMain] = {{"/src/main.cpp", 3, "main"}};
    }

    abi::Root root() { return debugger.memory.get<abi::Root>(kRoot); }
    std::uint32_t verdict() {
        return debugger.memory.get<std::uint32_t>(kVerdicts + stack * sizeof(std::uint32_t));
    }
    Stopped stopped(std::uint32_t slot, std::uint64_t size, std::uint64_t figure,
                    bool asks = false) {
        const std::uint64_t arguments[5] = {abi::make_stop(slot, asks, stack), 0x555555559000, size,
                                            figure, kOperatorNew};
        Stopped result;
        const auto add = [](void* sink, const char* text) {
            static_cast<Stopped*>(sink)->text = text;
        };
        result.status = mtc_stopped(session.get(), arguments, add, &result, &result.stop);
        return result;
    }

    std::uint32_t stack = 0;
    FakeDebugger debugger;
    FakeSession session{debugger};
};

// One way to say which thread is meant, in each command that takes one.
TEST(Threads, AreFoundByNumberSystemIdAndName) {
    TableBuilder builder;
    builder.allocate(builder.add_stack({kMain}), 8);
    abi::Thread& first = builder.add_thread("7", 77);
    first.generation = builder.state.generation;
    first.alloc_bytes = 8;
    first.alloc_count = 1;
    builder.add_thread("twin", 78);
    builder.add_thread("twin", 79);
    FakeDebugger debugger(builder.build());
    debugger.functions = {"parse", "print", "work"};
    debugger.stack_pointers = {0x7ffe00001000, 0x7ffd00001000};
    debugger.system_ids = {78, 77};
    FakeSession session(debugger);
    int condition = 0;
    for (const char* who : {"7", "77", "1"})
        EXPECT_EQ(session.text(std::string("break --thread ") + who),
                  "condition " + std::to_string(++condition) +
                      ": thread 1 (7, tid 77; the debugger's thread 2)\n");
    EXPECT_THAT(session.text("scope parse --thread 7"),
                HasSubstr("calls of parse, thread 1 (7, tid 77; the debugger's thread 2)\n"));
    EXPECT_THAT(session.text("snapshot --blocks --by thread"),
                HasSubstr("thread 1 (7, tid 77; the debugger's thread 2): size="));
    for (const char* command : {"break --thread ", "scope print --thread ", "stats --thread "})
        EXPECT_EQ(session.error(std::string(command) + "nobody"),
                  "there is no thread nobody; mt snapshot --by thread lists them");
    for (const char* command : {"break --thread ", "scope work --thread "})
        EXPECT_EQ(session.error(std::string(command) + "twin"),
                  "several threads are called twin; use the thread's number");
}

TEST_F(Break, ArmsTheSlotBeforeTheRequest) {
    EXPECT_EQ(session.text("break --total 5000"), "condition 1: total >= 5000 B\n");
    EXPECT_EQ(debugger.stop_point, "memtrace_stopped");
    const abi::Root armed = root();
    EXPECT_EQ(armed.watch[0].condition, abi::kWatchTotal);
    EXPECT_EQ(armed.watch[0].value, 5000u);
    EXPECT_EQ(abi::watch_slots(armed.watch_request), 1u);
    EXPECT_NE(armed.request & abi::kRequestWatch, 0u);
    EXPECT_EQ(armed.request & ~abi::kRequestWatch,
              abi::make_request(abi::kRequestOn, abi::request_limit(armed.request),
                                abi::request_generation(armed.request)));
    EXPECT_EQ(debugger.writes.back().first, kRoot + offsetof(abi::Root, request));
    std::size_t value = 0, condition = 0;
    for (std::size_t i = 0; i < debugger.writes.size(); ++i) {
        const auto [address, word] = debugger.writes[i];
        if (address == kRoot + offsetof(abi::Root, watch) + 8) value = i;
        if (address == kRoot + offsetof(abi::Root, watch) && word != 0) condition = i;
    }
    EXPECT_LT(value, condition);
    session.text("break delete 1");
    EXPECT_EQ(root().watch[0].condition, 0u);
    EXPECT_EQ(root().request & abi::kRequestWatch, 0u);
    EXPECT_EQ(debugger.stop_point, "");
}

TEST_F(Break, AStopIsToldAndTheProgramsFrameIsNamed) {
    session.text("break --total 500M");
    const Stopped total = stopped(0, 4096, 525336576);
    EXPECT_EQ(total.text, "mt break 1: total 501 MiB >= 500 MiB; block 0x555555559000, 4096 B\n");
    EXPECT_EQ(total.stop.stays, 1);
    EXPECT_EQ(total.stop.pc, kOperatorNew);
    EXPECT_EQ(total.stop.level, 2u) << "operator new and a line of vector are skipped";
    EXPECT_EQ(session.text("break"), "1: total >= 500 MiB, 1 hit\n");
}

TEST_F(Break, EachKindHasItsText) {
    session.text("break --size 1M --once");
    session.text("break --fail");
    session.text("break --count 7");
    session.text("break --fail --size 1K");
    EXPECT_EQ(stopped(0, 1 << 20, 0).text,
              "mt break 1: size 1048576 B >= 1 MiB; block 0x555555559000, 1048576 B\n");
    EXPECT_EQ(stopped(1, 99, 0).text, "mt break 2: an allocation of 99 B failed\n");
    EXPECT_THAT(stopped(1, UINT64_MAX, 0).text, HasSubstr("product of two sizes overflows"));
    EXPECT_EQ(stopped(2, 8, 7).text, "mt break 3: count 7 >= 7; block 0x555555559000, 8 B\n");
    EXPECT_EQ(stopped(3, 2000, 0).text,
              "mt break 4: an allocation of 2000 B failed, size 2000 B >= 1 KiB\n");
    EXPECT_EQ(stopped(0, 1 << 20, 0).stop.stays, 0) << "it was for once";
    EXPECT_EQ(root().watch[0].condition, 0u);
    EXPECT_EQ(session.text("break"),
              "1: size >= 1 MiB, once, disabled, 1 hit\n"
              "2: an allocation fails, 2 hits\n"
              "3: count >= 7, 1 hit\n"
              "4: an allocation fails, size >= 1 KiB, 1 hit\n");
}

TEST_F(Break, AQuestionIsAnsweredForAllSitesUnseen) {
    session.text("break --site '*/parse.cpp:12'");
    session.text("break --size 5");
    session.text("break --site '*/main.cpp'");
    const Stopped asked = stopped(0, 8, 0, true);
    EXPECT_EQ(asked.status, MTC_OK);
    EXPECT_EQ(asked.stop.stays, 0);
    EXPECT_EQ(asked.text, "");
    EXPECT_TRUE(abi::is_decided(verdict(), 0));
    EXPECT_TRUE(abi::is_match(verdict(), 0));
    EXPECT_FALSE(abi::is_decided(verdict(), 1));
    EXPECT_TRUE(abi::is_decided(verdict(), 2));
    EXPECT_FALSE(abi::is_match(verdict(), 2));
    EXPECT_EQ(stopped(0, 8, 0).text,
              "mt break 1: site /src/parse.cpp:12; block 0x555555559000, 8 B\n");
}

TEST_F(Break, WaitsForTheNextProcess) {
    debugger.kind = MTC_TARGET_EXITED;
    EXPECT_EQ(session.text("break --peak 1G"),
              "condition 1: peak >= 1 GiB, armed as soon as the runtime is loaded\n"
              "remark: the next run does not trace by itself; mt start asks for it\n");
    EXPECT_EQ(debugger.stop_point, "memtrace_stopped");
    EXPECT_TRUE(debugger.writes.empty());
    debugger.kind = MTC_TARGET_LIVE;
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_EQ(root().watch[0].condition, abi::kWatchPeak);
    EXPECT_NE(root().request & abi::kRequestWatch, 0u);
}

TEST_F(Break, OfAPeakThatHasStoppedTheRuntimeKnows) {
    session.text("break --peak 1M");
    stopped(0, 8, 1 << 20);
    session.text("break --fail");
    EXPECT_EQ(root().watch[0].flags, abi::kWatchTold);
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK) << "another process";
    EXPECT_EQ(root().watch[0].flags, 0u);
}

TEST_F(Break, WhatIsThereAlreadyIsRemarked) {
    EXPECT_THAT(session.text("break --total 8"), HasSubstr("remark: the total is already reached"));
    EXPECT_THAT(session.text("break --count 1"), HasSubstr("remark: the count is already reached"));
    EXPECT_THAT(session.text("break --peak 8"),
                HasSubstr("the peak is already reached; it stops at the next new one"));
    EXPECT_THAT(session.text("break --total 9"), ::testing::Not(HasSubstr("remark")));
}

TEST_F(Break, NoMoreThanThereAreSlots) {
    for (int i = 0; i < 16; ++i) session.text("break --size 100");
    EXPECT_THAT(session.error("break --size 101"), StartsWith("only 16 conditions can be enabled"));
    session.text("break disable 3");
    EXPECT_THAT(session.text("break --size 102"), StartsWith("condition "));
    EXPECT_THAT(session.error("break enable 3"), StartsWith("only 16 conditions can be enabled"));
    EXPECT_THAT(session.text("break"), HasSubstr("3: size >= 100 B, disabled, 0 hits\n"));
}

TEST_F(Break, RefusedWhereNothingCanBeChanged) {
    debugger.kind = MTC_TARGET_CORE;
    EXPECT_THAT(session.error("break --fail"),
                StartsWith("a core file cannot be changed; mt break"));
    debugger.kind = MTC_TARGET_REPLAY;
    EXPECT_THAT(session.error("break --fail"), StartsWith("a recording cannot be changed"));
    EXPECT_EQ(session.text("break"), "no conditions; mt break --total 500M makes one\n");
    debugger.kind = MTC_TARGET_LIVE;
    debugger.can_stop = false;
    EXPECT_EQ(session.error("break --fail"), "the debugger cannot set a breakpoint for mt break");
}

TEST_F(Break, CompletesWordsAndNumbers) {
    session.text("break --fail");
    EXPECT_THAT(session.complete("break d"), ::testing::ElementsAre("delete", "disable"));
    EXPECT_THAT(session.complete("break delete "), ::testing::ElementsAre("1"));
}

}  // namespace
}  // namespace mt::test
