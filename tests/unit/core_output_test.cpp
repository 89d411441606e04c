// SPDX-License-Identifier: MIT
//
// Reports that are longer than memory should hold: they are printed row by row, to the
// letter as if they had been made whole, and Ctrl-C ends each command wherever it is,
// the session being as it was before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "app/session.h"
#include "command/commands.h"
#include "core_save_tables.h"
#include "support/fake_debugger.h"
#include "target/debugger.h"

namespace mt::test {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Lt;

constexpr int kTraces = 1500;
constexpr int kBlocks = 6000;

// Many blocks from many places, some of them alike.
FakeDebugger many_rows() {
    TableBuilder builder;
    std::vector<std::uint32_t> stacks;
    for (std::uint64_t i = 0; i < kTraces; ++i)
        stacks.push_back(builder.add_stack({0x555555554100 + 16 * i, 0x555555554200}));
    for (int i = 0; i < kBlocks; ++i)
        builder.allocate(stacks[static_cast<std::size_t>(i % kTraces)],
                         static_cast<std::uint64_t>(8 + i % 100));
    FakeDebugger debugger(builder.build());
    for (std::uint64_t i = 0; i < kTraces; ++i)
        debugger.frames[0x555555554100 + 16 * i] = {
            {"/src/\"odd\"\n.c", 1 + std::uint32_t(i), "f"}};
    return debugger;
}

// A session whose questions come at each step, not by the clock.
struct Eager {
    explicit Eager(FakeDebugger& fake)
        : debugger(fake.callbacks()), session(debugger, "/nowhere"), commands(session) {
        session.debuggee().poll().every = {};
    }
    core::Result<core::Commands::Outcome> run(const std::string& line) {
        return commands.run(line);
    }
    core::Debugger debugger;
    core::Session session;
    core::Commands commands;
};

// As a test's name has it.
std::string name_of(std::string text) {
    for (char& c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return text;
}

class Reports : public testing::TestWithParam<const char*> {};

TEST_P(Reports, ArePrintedInPieces) {
    FakeDebugger debugger = many_rows();
    FakeSession session(debugger);
    session.text("snapshot before --blocks");
    debugger.longest_print = 0;
    const std::string text = session.text(GetParam());
    EXPECT_GT(text.size(), 150'000u);
    EXPECT_LT(debugger.longest_print, 80'000u);
    if (std::string(GetParam()).find("--json") == std::string::npos) return;
    EXPECT_EQ(Json::parse(text).dump(2) + "\n", text);
}

INSTANTIATE_TEST_SUITE_P(All, Reports,
                         testing::Values("blocks -n 0", "blocks -n 0 --json",
                                         "blocks before -n 0 --json",
                                         "snapshot --by traceback -n 0 --json",
                                         "stats before --by traceback -n 0", "peak -n 0 --json",
                                         "diff before -n 0 --json",
                                         "diff before --by traceback -n 0"),
                         [](const auto& one) { return name_of(one.param); });

// Few of many blocks are found without sorting all, and are the same ones.
TEST(Reports, TheFirstRowsAreThoseOfTheWholeList) {
    FakeDebugger debugger = many_rows();
    FakeSession session(debugger);
    const Json all = Json::parse(session.text("blocks -n 0 --json"));
    const Json some = Json::parse(session.text("blocks -n 700 --json"));
    ASSERT_EQ(some["blocks"].size(), 700u);
    for (std::size_t i = 0; i < 700; ++i) EXPECT_EQ(some["blocks"][i], all["blocks"][i]) << i;
    EXPECT_EQ(some["other"]["count"], kBlocks - 700);
    std::int64_t shown = 0;
    for (const Json& block : some["blocks"]) shown += block["size"].get<std::int64_t>();
    EXPECT_EQ(some["other"]["size"].get<std::int64_t>() + shown, some["total"]["size"]);
}

struct Long {
    const char* line;
    std::uint64_t questions;  // at least: one for each step of its longest loop
};

class Interrupts : public testing::TestWithParam<Long> {
  protected:
    core::test::TestFolder folder;
    std::string with_folder(std::string line) const {
        const auto at = line.find("DIR");
        return at == std::string::npos ? line : line.replace(at, 3, folder.path().string());
    }
    std::set<std::string> files() {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            names.insert(entry.path().filename());
        return names;
    }
};

// What a session knows, as far as its commands tell.
std::string state_of(Eager& eager, FakeDebugger& debugger) {
    debugger.printed.clear();
    for (const char* line : {"list", "traceback 1", "config"})
        if (auto done = eager.run(line); !done) debugger.printed += done.error().text;
    return std::exchange(debugger.printed, {});
}

TEST_P(Interrupts, LeaveTheSessionAsItWas) {
    FakeDebugger debugger = many_rows();
    Eager eager(debugger);
    ASSERT_TRUE(eager.run("snapshot before --blocks"));
    ASSERT_TRUE(eager.run(with_folder("save DIR/saved before")));
    const std::string before = state_of(eager, debugger);
    const auto files_before = files();
    const std::string line = with_folder(GetParam().line);
    std::uint64_t after = 0;
    for (;; after += 1 + after / 4) {
        debugger.interrupt_after = after;
        const auto done = eager.run(line);
        debugger.interrupt_after = UINT64_MAX;
        if (done) break;
        ASSERT_EQ(done.error().code, core::Code::interrupted) << done.error().text;
        ASSERT_EQ(state_of(eager, debugger), before) << "after " << after;
        ASSERT_EQ(files(), files_before) << "after " << after;
    }
    EXPECT_GT(after, GetParam().questions);
}

INSTANTIATE_TEST_SUITE_P(
    OfEach, Interrupts,
    testing::Values(Long{"snapshot", kTraces},
                    Long{"snapshot --blocks --by traceback -n 0", kTraces},
                    Long{"snapshot --min-size 9 --json", kTraces}, Long{"stats before", kTraces},
                    Long{"peak --by function", kTraces}, Long{"diff before", kTraces},
                    Long{"diff before before --by traceback -n 0 --json", kTraces},
                    Long{"blocks -n 0", kBlocks}, Long{"blocks -n 0 --json", kBlocks},
                    Long{"blocks before -n 3000", 3000}, Long{"traceback 1", 0},
                    Long{"save DIR/new before", kTraces}, Long{"load DIR/saved", kTraces},
                    Long{"export folded DIR/new before", kTraces},
                    Long{"export csv DIR/new before", kTraces},
                    Long{"export speedscope DIR/new before", kTraces},
                    Long{"export json DIR/new before", kTraces}),
    [](const auto& one) { return name_of(one.param.line); });

// By the clock: however many steps there are, the debugger is not asked more often.
TEST(Interrupts, AreAskedForEveryFiftyMilliseconds) {
    std::uint64_t asked = 0;
    core::Poll poll([&asked] { return ++asked, false; });
    poll.begin();
    for (int i = 0; i < 100'000; ++i) EXPECT_FALSE(poll());
    EXPECT_LT(asked, 50u);
    const std::uint64_t before = asked;
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    poll();
    EXPECT_EQ(asked, before + 1);
}

TEST(Interrupts, OfASortAnywhere) {
    std::vector<int> numbers(50'000);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<int>(i * 7919 % 50'000);
    const auto less = [](int a, int b) { return a < b; };
    for (int after = 0;; after += 1 + after / 4) {
        std::vector<int> sorted = numbers;
        int left = after;
        const auto done = core::sort_unless_stopped(sorted.begin(), sorted.end(), less,
                                                    [&left] { return left-- == 0; });
        EXPECT_EQ(sorted.size(), numbers.size());
        if (!done) continue;
        EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
        EXPECT_GT(after, 100);
        return;
    }
}

}  // namespace
}  // namespace mt::test
