// SPDX-License-Identifier: MIT
//
// What commands change and refuse, end to end through the C interface: requests
// written, pending starts, one clear line for each thing that cannot be done.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr std::uint64_t kRequest = TableBuilder::kRoot + offsetof(abi::Root, request);
constexpr std::uint64_t kPeakReset = TableBuilder::kRoot + offsetof(abi::Root, peak_reset_request);

FakeMemory idle_table() {  // ready, never traced
    TableBuilder builder;
    FakeMemory memory = builder.build();
    memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& root) {
        root.request = abi::make_request(0, 0, 4);
        root.header = 0;
    });
    return memory;
}

FakeMemory tracing_table() {
    TableBuilder builder;
    builder.allocate(builder.add_stack({0x555555554100}), 8);
    return builder.build();
}

// A folder with a libmemtrace.so in it.
class Library : public ::testing::Test {
  protected:
    Library()
        : directory(std::filesystem::path(::testing::TempDir()) /
                    ("memtrace-core-library-" + std::to_string(getpid()))) {
        std::filesystem::create_directories(directory);
        std::ofstream(directory / "libmemtrace.so") << "x";
    }
    ~Library() override { std::filesystem::remove_all(directory); }
    std::string library() const { return (directory / "libmemtrace.so").string(); }
    const std::filesystem::path directory;
};

TEST(Start, WritesTheRequestAndNothingElse) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 7"), "tracing is on (7 frames)\n");
    EXPECT_THAT(debugger.writes,
                ElementsAre(Pair(kRequest, abi::make_request(abi::kRequestOn, 7, 5))));
}

TEST(Start, DefaultAndCappedLimit) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start"), "tracing is on (32 frames)\n");
    debugger.memory = idle_table();
    EXPECT_EQ(session.text("start 1000"), "tracing is on (1000 frames, capped at 256)\n");
    EXPECT_THAT(session.text("status"), HasSubstr("frames: 1000 (capped at 256)\n"));
}

// Stamps, as sampling, are asked for at each start.
TEST(Start, KeepsTheOtherFlags) {
    constexpr std::uint64_t kOthers = abi::kRequestPaused | abi::kRequestWatch;
    FakeDebugger debugger(idle_table());
    debugger.memory.put(kRequest, abi::make_request(kOthers | abi::kRequestStamps, 3, 9));
    FakeSession session(debugger);
    session.text("start 1");
    EXPECT_THAT(debugger.writes,
                ElementsAre(Pair(kRequest, abi::make_request(abi::kRequestOn | kOthers, 1, 10))));
    debugger.memory.put(kRequest, abi::make_request(kOthers, 3, 9));
    EXPECT_EQ(session.text("start 1 --stamps"), "tracing is on (1 frame, with stamps)\n");
    EXPECT_THAT(
        debugger.writes.back(),
        Pair(kRequest, abi::make_request(abi::kRequestOn | abi::kRequestStamps | kOthers, 1, 10)));
}

TEST(Start, WhileTracingDoesNothingAndSaysSo) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 7"), "tracing is on already (32 frames); nothing was changed\n");
    EXPECT_EQ(session.error("start 0"), "the number of frames must be in range [1; 65535]");
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Start, BadFrames) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    for (const char* line : {"start 0", "start -1", "start 65536", "start 99999999999999999999"})
        EXPECT_EQ(session.error(line), "the number of frames must be in range [1; 65535]");
    EXPECT_EQ(session.error("start x"), "mt start takes a number of frames, not x");
    EXPECT_THAT(session.error("start 1 2"), StartsWith("mt start: one word too many: 2"));
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Start, RefusedRuntimeSaysWhy) {
    FakeDebugger debugger(idle_table());
    debugger.memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& root) {
        root.status = static_cast<abi::u32>(abi::Status::refused);
        root.reason = static_cast<abi::u32>(abi::Reason::no_next_malloc);
    });
    FakeSession session(debugger);
    EXPECT_EQ(session.error("start"),
              "the runtime cannot trace this program: it did not find the real allocation "
              "functions");
}

TEST(StopAndClear, RaiseTheGeneration) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("clear"), "all traces were dropped; tracing goes on\n");
    EXPECT_EQ(session.text("stop"), "tracing is off; all traces were dropped\n");
    EXPECT_EQ(session.text("stop"), "tracing is off already\n");
    EXPECT_EQ(session.text("clear"), "tracing is off; there are no traces to clear\n");
    EXPECT_THAT(debugger.writes,
                ElementsAre(Pair(kRequest, abi::make_request(abi::kRequestOn, 32, 2)),
                            Pair(kRequest, abi::make_request(0, 32, 3))));
}

TEST(StopAndClear, ReportsObeyAtOnce) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    session.text("clear");
    EXPECT_EQ(session.text("snapshot"), "Total: size=0 B, count=0\n");
    session.text("stop");
    EXPECT_THAT(session.error("snapshot"), HasSubstr("mt start"));
}

TEST(PeakReset, RaisesItsSequence) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    session.text("peak --reset");
    EXPECT_THAT(debugger.writes, ElementsAre(Pair(kPeakReset, 1u)));
    session.text("stop");
    debugger.writes.clear();
    EXPECT_THAT(session.text("peak --reset"), HasSubstr("remark: tracing is off"));
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Core, RefusesChangesAndReports) {
    FakeDebugger debugger(tracing_table());
    debugger.kind = MTC_TARGET_CORE;
    FakeSession session(debugger);
    for (const char* line : {"start", "stop", "clear"})
        EXPECT_THAT(session.error(line), StartsWith("a core file cannot be changed")) << line;
    EXPECT_THAT(session.error("peak --reset"), StartsWith("a core file cannot be changed"));
    EXPECT_THAT(session.text("snapshot"), HasSubstr("Total: size=8 B, count=1"));
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Replay, NamesMemtraceAtRecordTime) {
    FakeDebugger debugger(tracing_table());
    debugger.kind = MTC_TARGET_REPLAY;
    FakeSession session(debugger);
    EXPECT_THAT(session.error("start"), HasSubstr("MEMTRACE"));
    EXPECT_THAT(session.text("peak"), StartsWith("current: size=8 B, count=1\n"));
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Exited, IsOneClearLine) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_EXITED;
    FakeSession session(debugger);
    for (const char* line : {"", "status", "snapshot", "peak", "stop", "clear"})
        EXPECT_THAT(session.error(line), StartsWith("the program has exited")) << line;
}

TEST(Detached, IsNotExited) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_DETACHED;
    FakeSession session(debugger);
    for (const char* line : {"", "status", "snapshot", "peak", "blocks", "stop", "clear"})
        EXPECT_THAT(session.error(line), StartsWith("the debugger was detached from the program"))
            << line;
}

TEST(NoRuntime, NamesPreloadAndLinking) {
    FakeDebugger debugger;
    debugger.symbols.erase("memtrace_root");
    FakeSession session(debugger);
    for (const char* line : {"", "start", "stop", "snapshot", "peak"}) {
        const std::string error = session.error(line);
        EXPECT_THAT(error, HasSubstr("mt preload")) << line;
        EXPECT_THAT(error, HasSubstr("-lmemtrace")) << line;
    }
    EXPECT_EQ(debugger.awaited, 0);
}

TEST(NoRuntime, InACore) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_CORE;
    debugger.symbols.erase("memtrace_root");
    FakeSession session(debugger);
    EXPECT_THAT(session.error("snapshot"),
                StartsWith("this core was written by a program without"));
}

TEST(NewerTable, NamesBothVersions) {
    FakeDebugger debugger(tracing_table());
    debugger.memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& root) { root.major = 3; });
    FakeSession session(debugger);
    for (const char* line : {"", "start", "snapshot"}) {
        const std::string error = session.error(line);
        EXPECT_THAT(error, HasSubstr("table format 3.")) << line;
        EXPECT_THAT(error, HasSubstr("reads 2.")) << line;
    }
}

TEST(Running, SaysSoWhereMemoryCannotBeRead) {
    FakeDebugger debugger;
    debugger.running = true;
    FakeSession session(debugger);
    EXPECT_EQ(session.error("snapshot"), "the program is running; stop it first");
}

TEST_F(Library, StartBeforeRunPreparesIt) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_NONE;
    FakeSession session(debugger, directory.string());
    EXPECT_EQ(session.text("start 5"), "tracing starts with the next run (5 frames)\n");
    EXPECT_EQ(session.text("status"), "tracing: off; starts with the next run (frames: 5)\n");
    EXPECT_EQ(session.text("preload"), "the next run preloads " + library() + "\n");
    EXPECT_EQ(session.text("stop"), "tracing does not start with the next run any more\n");
    EXPECT_EQ(session.text("preload off"), "the next run does not preload the runtime\n");
    EXPECT_THAT(debugger.runs, ElementsAre(Pair(library(), "5"), Pair(library(), "5"),
                                           Pair(library(), "-"), Pair("-", "-")));
    EXPECT_THAT(session.error("stop"), StartsWith("no program is being debugged"));
}

TEST_F(Library, PreloadWithoutStart) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_NONE;
    FakeSession session(debugger, directory.string());
    session.text("preload");
    EXPECT_THAT(debugger.runs, ElementsAre(Pair(library(), "-")));
    EXPECT_THAT(session.error("preload on"), StartsWith("mt preload takes nothing or off"));
}

TEST_F(Library, RefusedRunIsTheDebuggersReason) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_NONE;
    debugger.refuses_run = "the target is remote; set LD_PRELOAD there";
    FakeSession session(debugger, directory.string());
    EXPECT_EQ(session.error("preload"), debugger.refuses_run);
    EXPECT_EQ(session.error("start"), debugger.refuses_run);
    EXPECT_THAT(session.error("status"), StartsWith("no program is being debugged"));
}

TEST(Preload, MissingLibraryIsNamed) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_NONE;
    FakeSession session(debugger, "/nowhere");
    EXPECT_THAT(session.error("preload"), HasSubstr("/nowhere/libmemtrace.so"));
    EXPECT_THAT(debugger.runs, IsEmpty());
}

TEST(Starti, StartIsDoneWhenTheRuntimeIsMapped) {
    FakeDebugger debugger;
    debugger.symbols.clear();
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 9"),
              "tracing starts as soon as the runtime is loaded (9 frames)\n");
    EXPECT_EQ(debugger.awaited, 1);
    EXPECT_EQ(session.text(""),
              "tracing: off; starts as soon as the runtime is loaded (frames: 9)\n");
    // new_objfile: .data is mapped, nothing of the library has run.
    debugger.symbols["memtrace_root"] = TableBuilder::kRoot;
    debugger.memory = idle_table();
    debugger.memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& root) {
        root.request = 0;
        root.cookie = 0;
        root.pid = 0;
        root.status = 0;
    });
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_THAT(debugger.writes,
                ElementsAre(Pair(kRequest, abi::make_request(abi::kRequestOn, 9, 1))));
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_EQ(debugger.writes.size(), 1u);
}

TEST(Starti, CanBeTakenBack) {
    FakeDebugger debugger;
    debugger.symbols.clear();
    FakeSession session(debugger);
    session.text("start");
    EXPECT_EQ(session.text("stop"), "tracing does not start with the runtime any more\n");
    EXPECT_THAT(session.error("stop"), HasSubstr("mt preload"));
    debugger.memory = idle_table();
    debugger.symbols["memtrace_root"] = TableBuilder::kRoot;
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(Starti, IsForThatProcessOnly) {
    FakeDebugger debugger;
    debugger.symbols.clear();
    debugger.pid = 11;
    debugger.remote = true;  // no number of this machine's
    FakeSession session(debugger);
    session.text("start");
    debugger.pid = 12;
    EXPECT_THAT(session.error("status"), HasSubstr("mt preload"));
    debugger.memory = idle_table();
    debugger.symbols["memtrace_root"] = TableBuilder::kRoot;
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST_F(Library, StartForTheNextRunIsNoPromiseForAnotherProcess) {
    FakeDebugger debugger;
    debugger.kind = MTC_TARGET_NONE;
    FakeSession session(debugger, directory.string());
    session.text("start 5");
    debugger.kind = MTC_TARGET_LIVE;
    debugger.symbols.erase("memtrace_root");
    EXPECT_THAT(session.error("status"), HasSubstr("mt preload"));
    EXPECT_THAT(session.error("stop"), HasSubstr("mt preload"));
    debugger.kind = MTC_TARGET_EXITED;
    EXPECT_THAT(session.text("stop"), StartsWith("tracing does not start with the next run"));
}

TEST(Starti, ADebuggerThatCannotWaitSaysWhatToDo) {
    FakeDebugger debugger;
    debugger.symbols.clear();
    debugger.can_await = false;
    FakeSession session(debugger);
    EXPECT_THAT(session.error("start"), HasSubstr("mt preload"));
}

// A stripped program, in which the search finds nothing or another one's table.
TEST(Config, TakesTheAddressOfATable) {
    FakeDebugger debugger(tracing_table());
    debugger.symbols.erase("memtrace_root");
    debugger.memory.tells_regions = false;
    FakeSession session(debugger);
    EXPECT_THAT(session.error("snapshot"), HasSubstr("mt preload"));
    for (const std::uint64_t at : {TableBuilder::kRoot, TableBuilder::kHeader}) {
        const std::string address = fmt::format("{:#x}", at);
        EXPECT_EQ(session.text("config table " + address), "");
        EXPECT_THAT(session.text("config"), HasSubstr("\ntable " + address + "\n"));
        EXPECT_THAT(session.text("snapshot"), HasSubstr("Total: "));
    }
    EXPECT_EQ(session.text("config table 4096"), "");
    EXPECT_THAT(session.error("snapshot"),
                AllOf(HasSubstr("0x1000"), HasSubstr("mt config table auto")));
    debugger.running = true;
    EXPECT_THAT(session.error("snapshot"), HasSubstr("stop it first"));
    debugger.running = false;
    EXPECT_EQ(session.text("config table auto"), "");
    EXPECT_THAT(session.error("snapshot"), HasSubstr("mt preload"));
    for (const char* wrong : {"0", "x", "0x", "-1", "12345678901234567890123"})
        EXPECT_THAT(session.error(std::string("config table ") + wrong), HasSubstr("an address"));
}

TEST(Config, ListsAndChanges) {
    FakeDebugger debugger(tracing_table());
    FakeSession session(debugger);
    EXPECT_THAT(session.text("config"), StartsWith("rows 10\nsource off\ndirect on\ntable auto\n"));
    EXPECT_EQ(session.text("config rows 3"), "");
    session.text("config skip my_alloc*");
    session.text("config direct off");
    const std::string listed = session.text("config");
    EXPECT_THAT(listed, StartsWith("rows 3\n"));
    EXPECT_THAT(listed, HasSubstr("direct off\n"));
    EXPECT_THAT(listed, HasSubstr("skip any my_alloc*\n"));
    session.text("config skip default");
    EXPECT_THAT(session.text("config"), ::testing::Not(HasSubstr("my_alloc")));
    EXPECT_THAT(session.error("config rows x"), HasSubstr("not x"));
    EXPECT_THAT(session.error("config source maybe"), HasSubstr("on or off"));
    EXPECT_THAT(session.error("config color red"), HasSubstr("no key color"));
    EXPECT_THAT(session.error("config rows"), HasSubstr("needs a value"));
}

}  // namespace
}  // namespace mt::test
