// SPDX-License-Identifier: MIT
//
// mt break --exit through the C interface: a breakpoint of the debugger's, not of the runtime's;
// what is told there and whose frame is selected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t kRoot = TableBuilder::kRoot;
constexpr std::uint64_t kParse = 0x555555554600;
constexpr std::uint64_t kMain = 0x555555554700;
constexpr std::uint64_t kUnderscoreExit = 0x7ffff7ea53e0;
constexpr std::uint64_t kRunHandlers = 0x7ffff7e0f522;
constexpr std::uint64_t kExit = 0x7ffff7e0f69a;
constexpr std::uint64_t kAroundMain = 0x7ffff7df8251;

struct Stopped {
    mtc_stop stop{};
    std::string text;
};

class BreakAtExit : public ::testing::Test {
  protected:
    BreakAtExit() {
        TableBuilder builder;
        builder.allocate(builder.add_stack({kParse, kMain}), 8);
        debugger.memory = builder.build();
        debugger.functions = {"_Exit", "parse"};
        debugger.frames[kUnderscoreExit] = {{"_exit.c", 27, "_exit"}};
        debugger.frames[kRunHandlers] = {{"exit.c", 139, "__run_exit_handlers"}};
        debugger.frames[kExit] = {{"exit.c", 146, "exit"}};
        debugger.frames[kParse] = {{"/src/die.h", 7, "_Z3diev"},
                                   {"/src/parse.cpp", 12, "_Z5parsev"}};
        debugger.frames[kMain] = {{"/src/main.cpp", 3, "main"}};
        debugger.frames[kAroundMain] = {{"libc_start_call_main.h", 74, "__libc_start_call_main"}};
    }

    // A thread at that point, with these frames.
    Stopped reached(std::uint64_t point, const std::vector<mtc_activation>& frames) {
        const mtc_hit hit{point, 77, frames.data(), static_cast<std::uint32_t>(frames.size()), 0};
        Stopped result;
        const auto add = [](void* sink, const char* text) {
            static_cast<Stopped*>(sink)->text = text;
        };
        EXPECT_EQ(mtc_reached(session.get(), &hit, add, &result, &result.stop), MTC_OK)
            << mtc_error(session.get());
        return result;
    }
    Stopped ends() { return reached(point(), {{kUnderscoreExit, 0x7ffe0000, nullptr, 0, 0}}); }

    // The last one that is set.
    std::uint64_t point() {
        EXPECT_FALSE(debugger.points.empty());
        return debugger.points.empty() ? 0 : debugger.points.rbegin()->first;
    }
    abi::Root root() { return debugger.memory.get<abi::Root>(kRoot); }

    FakeDebugger debugger;
    FakeSession session{debugger};
};

TEST_F(BreakAtExit, TellsWhatIsAlive) {
    EXPECT_EQ(session.text("break --exit"), "condition 1: the program is about to end\n");
    ASSERT_EQ(debugger.points.size(), 1u);
    EXPECT_EQ(debugger.points[point()].first, "_Exit");
    const Stopped stop = ends();
    EXPECT_EQ(stop.text, "mt break 1: the program is about to end; live: size=8 B, count=1\n");
    EXPECT_EQ(stop.stop.stays, 1);
    EXPECT_EQ(session.text("break"), "1: the program is about to end, 1 hit\n");
    EXPECT_THAT(session.text("break --json"),
                HasSubstr("\"condition\": \"the program is about to end\""));
}

TEST_F(BreakAtExit, NothingIsWrittenIntoTheProgram) {
    session.text("break --exit");
    session.text("break disable 1");
    session.text("break delete 1");
    EXPECT_TRUE(debugger.writes.empty());
    EXPECT_EQ(debugger.stop_point, "");
    session.text("break --size 5");
    session.text("break --exit");
    EXPECT_EQ(abi::watch_slots(root().watch_request), 1u) << "it takes no slot";
}

TEST_F(BreakAtExit, TheBreakpointIsThereWhileItIsEnabled) {
    session.text("break --exit --once");
    EXPECT_EQ(ends().stop.stays, 1);
    EXPECT_TRUE(debugger.points.empty());
    EXPECT_EQ(session.text("break"), "1: the program is about to end, once, disabled, 1 hit\n");
    session.text("break enable 1");
    session.text("break enable 1");
    EXPECT_EQ(debugger.points.size(), 1u);
    session.text("break disable 1");
    EXPECT_TRUE(debugger.points.empty());
    session.text("break enable 1");
    const std::uint64_t last = point();
    session.text("break delete 1");
    EXPECT_TRUE(debugger.points.empty());
    EXPECT_EQ(reached(last, {{kUnderscoreExit, 0, nullptr, 0, 0}}).stop.stays, 0);
}

TEST_F(BreakAtExit, TheCallersFrameIsSelected) {
    session.text("break --exit");
    const mtc_activation own{kUnderscoreExit, 1, nullptr, 0, 0},
        handlers{kRunHandlers, 2, {}, 0, 0}, exit{kExit, 3, nullptr, 0, 0},
        inlined{kParse, 4, "die", 1, 0}, parse{kParse, 4, {}, 0, 0}, main{kMain, 5, nullptr, 0, 0},
        around{kAroundMain, 6, nullptr, 0, 0}, unknown{0x7ffff7000000, 7, nullptr, 0, 0};
    const auto level = [&](const std::vector<mtc_activation>& frames) {
        const Stopped stop = reached(point(), frames);
        EXPECT_EQ(stop.stop.pc, kUnderscoreExit);
        return stop.stop.level;
    };
    EXPECT_EQ(level({own, main, around}), 1u) << "_exit";
    EXPECT_EQ(level({own, handlers, exit, main, around}), 3u) << "exit";
    EXPECT_EQ(level({own, handlers, exit, inlined, parse, main}), 3u) << "where it was inlined";
    EXPECT_EQ(level({own, handlers, exit, parse, main}), 3u) << "a C++ function";
    EXPECT_EQ(level({own, parse, handlers, exit, main}), 1u) << "_exit in a handler";
    EXPECT_EQ(level({own, unknown, unknown, unknown, main}), 4u) << "no names on the way";
    EXPECT_EQ(level({own, handlers, exit, around, unknown}), 0u) << "main has returned";
    EXPECT_EQ(level({own}), 0u);
}

TEST_F(BreakAtExit, AnyProgramIsSeenToEnd) {
    session.text("stop");
    EXPECT_EQ(session.text("break --exit"),
              "condition 1: the program is about to end\n"
              "remark: tracing is off; mt start begins\n");
    EXPECT_EQ(ends().text, "mt break 1: the program is about to end\n");
    debugger.symbols.erase("memtrace_root");
    debugger.memory = FakeMemory();
    EXPECT_EQ(ends().text, "mt break 1: the program is about to end\n");
    EXPECT_EQ(session.text("break --exit"),
              "condition 2: the program is about to end\n"
              "remark: the program runs without the memtrace runtime: what is alive at its end is "
              "not known\n");
    EXPECT_THAT(session.error("break --size 5"), HasSubstr("runs without the memtrace runtime"));
    session.text("break disable 2");
    session.text("break enable 2");
}

TEST_F(BreakAtExit, WaitsForTheNextProcess) {
    debugger.kind = MTC_TARGET_NONE;
    EXPECT_EQ(session.text("break --exit"),
              "condition 1: the program is about to end\n"
              "remark: the next run does not trace by itself; mt start asks for it\n");
    debugger.kind = MTC_TARGET_LIVE;
    EXPECT_EQ(ends().text, "mt break 1: the program is about to end; live: size=8 B, count=1\n");
    debugger.kind = MTC_TARGET_EXITED;
    session.text("break disable 1");
    EXPECT_TRUE(debugger.points.empty());
    session.text("break enable 1");
    EXPECT_EQ(debugger.points.size(), 1u);
}

TEST_F(BreakAtExit, ATableThatCannotBeReadIsNoReasonToGoOn) {
    session.text("break --exit");
    debugger.memory.change<abi::Root>(kRoot, [](abi::Root& root) { root.magic[0] = 'x'; });
    const Stopped stop = ends();
    EXPECT_EQ(stop.stop.stays, 1);
    EXPECT_EQ(stop.text, "mt break 1: the program is about to end\n");
}

TEST_F(BreakAtExit, StandsAlone) {
    for (const char* other : {"--size 4", "--total 1M", "--count 1", "--fail", "--site '*.c'"})
        EXPECT_THAT(session.error(std::string("break --exit ") + other),
                    StartsWith("--total, --peak, --count, --free and --exit stand alone;"));
    EXPECT_TRUE(debugger.points.empty());
    EXPECT_EQ(session.error("break --exit --json"), "--json is for the list: mt break --json");
}

TEST_F(BreakAtExit, RefusedWhereNothingCanBeChanged) {
    session.text("break --exit");
    debugger.kind = MTC_TARGET_CORE;
    EXPECT_THAT(session.error("break --exit"),
                StartsWith("a core file cannot be changed; mt break"));
    session.text("break disable 1");
    EXPECT_THAT(session.error("break enable 1"), StartsWith("a core file cannot be changed"));
    EXPECT_TRUE(debugger.points.empty());
    debugger.kind = MTC_TARGET_LIVE;
    debugger.can_stop = false;
    EXPECT_EQ(session.error("break --exit"), "the debugger cannot set a breakpoint for mt break");
    EXPECT_EQ(session.text("break"), "1: the program is about to end, disabled, 0 hits\n");
}

// Two owners of such points.
TEST_F(BreakAtExit, BesideAScopeOfAFunction) {
    session.text("scope parse");
    const std::uint64_t scope = point();
    session.text("break --exit");
    EXPECT_NE(scope, point());
    EXPECT_EQ(ends().stop.stays, 1);
    EXPECT_EQ(reached(scope, {{kParse, 1, nullptr, 0, 0}, {kMain, 16, nullptr, 0, 0}}).stop.stays,
              0);
    EXPECT_THAT(session.text("scope"), HasSubstr("parse"));
    session.text("scope delete parse");
    EXPECT_EQ(session.text("break"), "1: the program is about to end, 1 hit\n");
    EXPECT_EQ(ends().stop.stays, 1);
}

}  // namespace
}  // namespace mt::test
