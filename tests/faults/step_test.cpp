// SPDX-License-Identifier: MIT
//
// The table at every instruction (docs/invariants.md): a child is single-stepped
// through one event, and after each step the whole table is read. It must be
// what it was before the event or what it is after it, never anything else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "abi/layout.h"
#include "lookups.h"
#include "stepper.h"

namespace mt::test {
namespace {

// Everything that a report can show.
struct Picture {
    std::int64_t size, count, peak_size, peak_count;
    std::map<std::uint32_t, std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                       std::uint64_t, std::uint64_t>>
        rows;
    std::map<std::pair<std::uint32_t, std::uint64_t>,
             std::tuple<std::uint64_t, std::uint32_t, std::uint64_t>>
        blocks;  // by domain and key: size, stack, stamp
    bool operator==(const Picture&) const = default;
};

Picture picture_of(const core::Table& t) {
    Picture p{t.current_size, t.current_count, t.peak_size, t.peak_count, {}, {}};
    for (const core::Trace& row : t.traces) {
        if (row.alloc_count == 0) continue;  // a traceback that is known but has no event yet
        p.rows[row.id] = {row.size,       row.count,       row.peak_size,
                          row.peak_count, row.alloc_bytes, row.free_bytes};
    }
    for (const core::Block& b : t.blocks)
        p.blocks[{t.domain_of(b), b.address}] = {b.size, b.stack, t.detail_of(b).stamp};
    return p;
}

Launch program_of(const std::string& event, const std::string& mode = "whole",
                  const std::string& setting = "32,stamps") {
    return {.program = program_path("step_events"),
            .arguments = {event, mode},
            .environment = {{"MEMTRACE", mode == "stamped" ? setting : ""}}};
}

// What happens to a pool's page is in no figure.
const std::set<std::string> kWithoutEffect = {"realloc-fails", "key-untrack-unknown",
                                              "key-page-free", "key-page-moves", "key-page-fails"};

// With the event, what is traced: the "whole"; a sample that takes every block of 24
// bytes and more (but one in 10^10), so that rows are the same and come from the
// weighted records all the same; or "stamped" blocks, whose stamp must be one of
// before or after too.
class EachInstruction : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(EachInstruction, ShowsTheTableBeforeOrAfter) {
    const auto [event, mode] = GetParam();
    const bool sampled = mode == std::string("sampled");
    Stepper stepper(program_of(event, mode));
    ASSERT_TRUE(stepper.run_to_trap());
    auto first = stepper.table();
    ASSERT_TRUE(first) << first.error().text;
    ASSERT_EQ(first->status.sample_bytes, sampled ? 1u : 0u);
    const Picture before = picture_of(*first);

    // The same event once more, run through at once, tells what comes after.
    Stepper ahead(program_of(event, mode));
    ASSERT_TRUE(ahead.run_to_trap());
    ASSERT_TRUE(ahead.resume_to_trap());
    const std::uint64_t expected_rows = picture_of(*ahead.table()).rows.size();

    std::vector<std::pair<int, Picture>> others;
    int steps = 0, in_flight = 0, changes = 0;
    Picture last = before;
    while (stepper.step()) {
        ++steps;
        const auto table = stepper.table();
        ASSERT_TRUE(table) << table.error().text << " at step " << steps;
        in_flight += table->in_flight != 0 ? 1 : 0;
        if (table->in_flight != 0 && steps % 7 == 0) expect_lookups(stepper.memory(), *table, 5);
        Picture now = picture_of(*table);
        if (now == last) continue;
        ++changes;
        last = now;
        others.emplace_back(steps, std::move(now));
    }
    const Picture after = picture_of(*stepper.table());
    EXPECT_EQ(after.rows.size(), expected_rows);
    for (const auto& [key, block] : after.blocks) {
        EXPECT_EQ(std::get<2>(block) != 0, mode == std::string("stamped"));
    }
    const bool has_effect = !(after == before);
    EXPECT_EQ(has_effect, kWithoutEffect.count(event) == 0);
    EXPECT_LE(changes, 1) << "the table must go from before to after at one instruction";
    for (const auto& [step, picture] : others) {
        EXPECT_TRUE(picture == after)
            << "step " << step << " of " << steps << ": size " << picture.size << " count "
            << picture.count << " peak " << picture.peak_size << " blocks " << picture.blocks.size()
            << "; before " << before.size << "/" << before.count << "/" << before.peak_size
            << ", after " << after.size << "/" << after.count << "/" << after.peak_size;
    }
    if (has_effect) {
        EXPECT_GT(in_flight, 0) << "the event was never seen in flight";
    }
    EXPECT_LT(in_flight, steps);
}

std::string name_of(const testing::TestParamInfo<std::tuple<const char*, const char*>>& parameter) {
    std::string name = std::get<0>(parameter.param);
    for (char& c : name) c = c == '-' ? '_' : c;
    return name;
}

INSTANTIATE_TEST_SUITE_P(Event, EachInstruction,
                         testing::Combine(testing::Values("malloc", "malloc-again", "free",
                                                          "free-again", "peak-up", "peak-free",
                                                          "realloc-moves", "realloc-stays",
                                                          "realloc-fails", "realloc-frees"),
                                          testing::Values("whole")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(SampledEvent, EachInstruction,
                         testing::Combine(testing::Values("malloc-again", "free-again", "peak-up",
                                                          "realloc-moves"),
                                          testing::Values("sampled")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    StampedEvent, EachInstruction,
    testing::Combine(testing::Values("malloc", "malloc-again", "free", "free-again",
                                     "realloc-moves", "realloc-stays", "realloc-fails", "key-track",
                                     "key-track-again", "key-touch", "key-untrack",
                                     "key-block-touch", "key-page"),
                     testing::Values("stamped")),
    name_of);
INSTANTIATE_TEST_SUITE_P(
    KeyEvent, EachInstruction,
    testing::Combine(testing::Values("key-track", "key-peak-up", "key-track-again", "key-grows",
                                     "key-touch", "key-touch-again", "key-untrack",
                                     "key-untrack-unknown", "key-block", "key-block-touch",
                                     "key-block-untrack", "key-page", "key-piece", "key-page-free",
                                     "key-page-moves", "key-page-fails"),
                     testing::Values("whole")),
    name_of);
// Wherever in the block table the word stands (abi/state.h, Region).
INSTANTIATE_TEST_SUITE_P(PlaceEvent, EachInstruction,
                         testing::Combine(testing::Values("key-place-granule", "key-place-second",
                                                          "key-place-leaf", "key-leave-granule",
                                                          "key-leave-second", "key-leave-leaf"),
                                          testing::Values("whole")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(StampedPlaceEvent, EachInstruction,
                         testing::Combine(testing::Values("key-leave-second"),
                                          testing::Values("stamped")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(SampledKeyEvent, EachInstruction,
                         testing::Combine(testing::Values("key-track", "key-track-again",
                                                          "key-touch", "key-untrack", "key-page",
                                                          "key-page-moves"),
                                          testing::Values("sampled")),
                         name_of);

class FreeThatIsKept : public testing::TestWithParam<const char*> {};

// What goes is either live, or among the last frees with both its stacks.
TEST_P(FreeThatIsKept, AtEachInstructionTheBlockIsLiveOrFreed) {
    Stepper stepper(program_of(GetParam(), "stamped", "32,freed=16"));
    ASSERT_TRUE(stepper.run_to_trap());
    const auto first = stepper.table();
    ASSERT_TRUE(first) << first.error().text;
    Stepper ahead(program_of(GetParam(), "stamped", "32,freed=16"));
    ASSERT_TRUE(ahead.run_to_trap());
    ASSERT_TRUE(ahead.resume_to_trap());
    const auto last = ahead.table();
    std::set<std::uint64_t> sizes;  // addresses differ from run to run
    for (const core::Block& block : last->blocks) sizes.insert(block.size);
    const auto gone =
        std::find_if(first->blocks.begin(), first->blocks.end(),
                     [&](const core::Block& block) { return sizes.count(block.size) == 0; });
    ASSERT_NE(gone, first->blocks.end());

    int live = 0, freed = 0;
    while (stepper.step()) {
        core::Beside beside;
        const auto now =
            core::read_blocks_at(stepper.memory(), first->status, gone->address, &beside);
        ASSERT_TRUE(now) << now.error().text;
        const bool is_live = !now->blocks.empty() && now->blocks[0].size == gone->size;
        live += is_live ? 1 : 0;
        if (is_live) continue;
        ++freed;
        if (!now->blocks.empty()) continue;  // what has moved may stand there by now
        ASSERT_TRUE(beside.freed) << "after " << live << " steps";
        EXPECT_EQ(beside.freed->address, gone->address);
        EXPECT_EQ(beside.freed->size, gone->size);
        EXPECT_EQ(beside.freed->stack, gone->stack);
        EXPECT_GE(beside.freed->freed_by, abi::kReservedStacks);
        EXPECT_EQ(beside.freed->since, 0u);
    }
    EXPECT_GT(live, 0);
    EXPECT_GT(freed, 0);
}

INSTANTIATE_TEST_SUITE_P(Event, FreeThatIsKept,
                         testing::Values("free", "free-again", "realloc-moves", "realloc-frees"),
                         [](const auto& event) {
                             std::string name = event.param;
                             for (char& c : name) c = c == '-' ? '_' : c;
                             return name;
                         });

// As a debugger does it: one aligned word.
void clear(ProcessMemory& memory, std::uint64_t root) {
    const std::uint64_t at = root + offsetof(abi::Root, request);
    std::uint64_t request = 0;
    ASSERT_EQ(*memory.read(at, &request, 8), 8u);
    request = abi::make_request(request & 0xffff, abi::request_limit(request),
                                abi::request_generation(request) + 1);
    ASSERT_TRUE(memory.write(at, &request, 8));
}

std::int64_t sum_of_blocks(const core::Table& table) {
    std::int64_t sum = 0;
    for (const core::Block& block : table.blocks) sum += static_cast<std::int64_t>(block.size);
    return sum;
}

class ClearInMidEvent : public testing::TestWithParam<const char*> {};

// Cleared after every 61st instruction of an event: nothing of before may show,
// and counters and blocks agree, then and at the end.
TEST_P(ClearInMidEvent, LeavesNothingBehind) {
    constexpr int kStride = 61;
    for (int at = 1;; at += kStride) {
        Stepper stepper(program_of(GetParam()));
        ASSERT_TRUE(stepper.run_to_trap());
        const auto first = stepper.table();
        ASSERT_TRUE(first) << first.error().text;
        int steps = 0;
        bool inside = true;
        while (steps < at && (inside = stepper.step())) ++steps;
        if (!inside) break;
        clear(stepper.memory(), first->status.root_address);
        const auto cleared = stepper.table();
        ASSERT_TRUE(cleared) << cleared.error().text;
        EXPECT_EQ(cleared->current_size, 0) << "at step " << at;
        EXPECT_EQ(cleared->peak_size, 0) << "at step " << at;
        EXPECT_TRUE(cleared->blocks.empty()) << "at step " << at;
        ASSERT_TRUE(stepper.resume_to_trap());
        const auto end = stepper.table();
        ASSERT_TRUE(end) << end.error().text;
        EXPECT_EQ(end->current_size, sum_of_blocks(*end)) << "at step " << at;
        EXPECT_EQ(end->current_count, static_cast<std::int64_t>(end->blocks.size()));
        EXPECT_LE(end->blocks.size(), 1u) << "at step " << at;
        EXPECT_EQ(end->in_flight, 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(Event, ClearInMidEvent,
                         testing::Values("malloc", "free", "realloc-moves", "key-track",
                                         "key-touch", "key-untrack", "key-page"),
                         [](const auto& event) {
                             std::string name = event.param;
                             for (char& c : name) c = c == '-' ? '_' : c;
                             return name;
                         });

}  // namespace
}  // namespace mt::test
