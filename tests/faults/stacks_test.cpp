// SPDX-License-Identifier: MIT
//
// Whatever stack a program allocates on, it runs as it would and its blocks are known:
// misaligned, foreign, small, used up, very deep. What the runtime may probe, too.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "against_ledger.h"
#include "tracee.h"

namespace mt::test {
namespace {

constexpr Sizes kOwn = {LEDGER_OWN, LEDGER_OWN_END - 1};

core::Table table_of(const std::string& program, const std::vector<std::string>& arguments,
                     bool jumps = false) {
    Tracee tracee({.program = program_path(program), .arguments = arguments, .environment = {}});
    EXPECT_TRUE(tracee.wait_for_stop()) << program << " did not come to its end";
    auto table = tracee.table(true);
    if (!table) {
        ADD_FAILURE() << table.error().text;
        return {};
    }
    // Of a program that jumps out of hooks it is counted how often, which loses nothing.
    jumps ? expect_blocks(*table, tracee.book(), kOwn) : expect_equal(*table, tracee.book(), kOwn);
    return std::move(*table);
}

TEST(Stacks, MayBeMisaligned) {
    table_of("misaligned", {program_path("liblibrary_a.so")});
    Tracee off({.program = program_path("misaligned"),
                .arguments = {program_path("liblibrary_a.so"), "off"},
                .environment = {}});
    EXPECT_TRUE(off.wait_for_stop());
}

TEST(Stacks, MayBeThoseOfAThousandFibers) {
    for (const core::Trace& trace : table_of("fibers", {}).traces) {
        EXPECT_EQ(trace.end, core::End::complete);
    }
}

// The handler's blocks are nested in an event or not, as it comes; all are there.
TEST(Stacks, MayOverflowUnderAHandlerElsewhere) { table_of("overflowing", {"away"}, true); }
TEST(Stacks, MayOverflowUnderAHandlerAbove) { table_of("overflowing", {"above"}, true); }

TEST(Stacks, MayBeTheSmallestWithTwoKilobytesLeft) { table_of("small_stacks", {"tiny"}); }

TEST(Stacks, MayBeAHundredThousandFramesDeep) {
    const core::Table table = table_of("small_stacks", {"deep"});
    std::map<std::uint32_t, const core::Trace*> traces;
    for (const core::Trace& trace : table.traces) traces[trace.id] = &trace;
    unsigned deep = 0;
    for (const core::Block& block : table.blocks) {
        if (!kOwn.hold(block.size)) continue;
        ASSERT_EQ(traces.count(block.stack), 1u);
        EXPECT_EQ(traces[block.stack]->end, core::End::cut);
        EXPECT_EQ(table.frames(traces[block.stack]->node).size(), 256u);
        ++deep;
    }
    EXPECT_EQ(deep, 1000u);
}

// The deepest way through the hooks is a thread's first event with a traceback that is
// new: it makes a context, a row, a shard. The bound is docs/limits.md's.
TEST(Stacks, AreUsedLittle) {
    Tracee tracee(
        {.program = program_path("small_stacks"), .arguments = {"used"}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    unsigned off = 0, on = 0;
    ASSERT_EQ(std::sscanf(tracee.output().c_str(), "off %u on %u", &off, &on), 2);
    std::printf("%s", tracee.output().c_str());
    EXPECT_LT(off, on);
    EXPECT_LE(on, 1536u);
}

using Shape = std::pair<std::size_t, core::End>;  // frames, and how they end

std::map<std::uint64_t, Shape> shapes(const std::vector<std::string>& arguments) {
    const core::Table table = table_of("frame_pointers", arguments);
    std::map<std::uint64_t, Shape> by_size;
    for (const core::Block& block : table.blocks) {
        for (const core::Trace& trace : table.traces) {
            if (trace.id == block.stack) {
                by_size[block.size] = {table.frames(trace.node).size(), trace.end};
            }
        }
    }
    return by_size;
}

TEST(Stacks, AreProbedWithoutDescriptorsAndWithTheAllocatorsOwnCalls) {
    const auto free = shapes({});
    EXPECT_EQ(free.size(), 12u);
    EXPECT_EQ(shapes({"forbidden"}), free);
}

}  // namespace
}  // namespace mt::test
