// SPDX-License-Identifier: MIT
//
// Children of every kind: whatever made them, their table is their own and right, and
// programs that make them end as they do without us.
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

#include "same.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

using Way = std::tuple<const char*, const char*, const char*>;  // how, when, generations

void expect_held(const core::Table& table, const ledger& book) {
    std::map<std::uint64_t, std::uint64_t> traced;
    for (const core::Block& block : table.blocks) traced[block.address] = block.size;
    std::map<std::uint64_t, std::uint64_t> held;
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        held[book.block[i].address] = book.block[i].size;
    }
    EXPECT_EQ(traced, held);
    EXPECT_FALSE(held.empty());
    expect_whole(table);
    for (const core::Loss& loss : table.losses) EXPECT_EQ(loss.total, 0u) << loss.name;
}

Launch launch(const std::string& program, const Way& way) {
    const auto [how, when, generations] = way;
    Launch made{
        .program = program_path(program), .arguments = {how, when, generations}, .environment = {}};
    if (when != std::string("started")) made.environment["MEMTRACE"] = "32";
    return made;
}

void expect_own_tables(const Launch& launch) {
    Tracee tracee(launch);
    ASSERT_TRUE(tracee.wait_for_stop());
    const int child = std::atoi(tracee.output().c_str());
    ASSERT_GT(child, 0);
    ProcessMemory memory(child);
    const auto table = read_all(memory, true);
    kill(child, SIGKILL);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_TRUE(table->status.tracing);
    EXPECT_EQ(table->status.identity.pid, static_cast<std::uint32_t>(child));
    expect_held(*table, tracee.book());
    if (launch.arguments[1] != "late") return;  // its parent has no table yet
    const auto first = tracee.table(true);
    ASSERT_TRUE(first) << first.error().text;
    EXPECT_EQ(first->status.identity.pid, static_cast<std::uint32_t>(tracee.pid()));
    expect_whole(*first);
    EXPECT_EQ(first->blocks.size(), 10u);
}

class ChildMadeBy : public testing::TestWithParam<Way> {};

TEST_P(ChildMadeBy, HasATableOfItsOwn) { expect_own_tables(launch("children", GetParam())); }

INSTANTIATE_TEST_SUITE_P(
    Way, ChildMadeBy,
    testing::Combine(testing::Values("fork", "_Fork", "SYS_fork", "clone", "clone3"),
                     testing::Values("early", "late", "started"), testing::Values("1", "2")),
    [](const auto& way) {
        const std::string how = std::get<0>(way.param);
        return (how == "_Fork" ? "async_fork" : how) + "_" + std::get<1>(way.param) + "_" +
               std::get<2>(way.param);
    });

TEST(HandlersOfFork, AllocateBeforeOursAndAfter) {
    for (const char* when : {"early", "late", "started"}) {
        Launch with = launch("children_with_handlers", {"fork", when, "2"});
        with.preload_after = program_path("libfork_handlers.so");
        expect_own_tables(with);
    }
}

// Status and output as without us; the program itself compares what it holds.
class Spawner : public testing::TestWithParam<const char*> {};

TEST_P(Spawner, EndsAsWithoutUs) {
    const Ending ending = expect_same(
        {.program = program_path("spawner"), .arguments = {GetParam()}, .seconds = 150});
    EXPECT_EQ(ending.status, 0) << described(ending);
}

INSTANTIATE_TEST_SUITE_P(By, Spawner, testing::Values("timer", "vfork", "spawn", "killed", "shell"),
                         [](const auto& what) { return std::string(what.param); });

}  // namespace
}  // namespace mt::test
