// SPDX-License-Identifier: MIT
//
// The runtime's own memory, as the reader lists it, against what the kernel has mapped, at
// stops and at each instruction of what maps and gives back; and whether the table of a real
// process has each block that it holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "abi/layout.h"
#include "places.h"

namespace mt::test {
namespace {

using Regions = std::vector<core::MemoryRegion>;  // ascending, none touches another

std::string text_of(const Regions& regions) {
    std::string text;
    char part[64];
    for (const core::MemoryRegion& region : regions) {
        std::snprintf(part, sizeof part, "%lx-%lx ", region.start, region.end);
        text += part;
    }
    return text;
}

void add(Regions& regions, core::MemoryRegion region) {
    if (!regions.empty() && regions.back().end == region.start) {
        regions.back().end = region.end;
    } else if (region.start < region.end) {
        regions.push_back(region);
    }
}

Regions without(const Regions& from, const Regions& what) {
    Regions left;
    auto next = what.begin();
    for (core::MemoryRegion rest : from) {
        for (; next != what.end() && next->start < rest.end; ++next) {
            if (next->end <= rest.start) continue;
            if (next->start > rest.start) add(left, {rest.start, next->start});
            rest.start = std::min(next->end, rest.end);
            if (next->end > rest.end) break;
        }
        add(left, rest);
    }
    return left;
}

struct Maps {
    Regions anonymous;  // that can be written
    core::MemoryRegion heap;
};

Maps maps_of(pid_t pid) {
    Maps maps;
    std::ifstream file("/proc/" + std::to_string(pid) + "/maps");
    for (std::string line; std::getline(file, line);) {
        unsigned long start = 0, end = 0, inode = 0;
        char mode[5] = {}, name[64] = {};
        const int fields = std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %lu %63s", &start, &end,
                                       mode, &inode, name);
        if (fields == 5 && std::string(name) == "[heap]") maps.heap = {start, end};
        if (fields == 4 && std::string(mode) == "rw-p" && inode == 0) {
            add(maps.anonymous, {start, end});
        }
    }
    return maps;
}

// The program of tests/programs/own_memory.c.
class Program {
  public:
    explicit Program(long count, const char* how)
        : stepper({.program = program_path("own_memory"),
                   .arguments = {std::to_string(count), how},
                   .environment = {}}) {}

    // To where nothing is the runtime's yet, and tracing may be asked for.
    bool start(std::uint64_t flags = 0) {
        if (!stepper.run_to_trap()) return false;
        before = maps_of(pid());
        const std::uint64_t freed = 1000;
        const std::uint64_t request = abi::make_request(abi::kRequestOn | flags, 32, 1);
        return stepper.memory().write(root() + offsetof(abi::Root, freed_blocks), &freed, 8) &&
               stepper.memory().write(root() + offsetof(abi::Root, request), &request, 8);
    }
    pid_t pid() const { return stepper.tracee().pid(); }
    std::uint64_t root() const { return stepper.tracee().book().site_address[0]; }
    // What has appeared since.
    Regions mapped() const { return without(maps_of(pid()).anonymous, before.anonymous); }
    core::Result<core::Table> table(bool counters = true) {
        const auto status = core::read_status(stepper.memory(), root());
        if (!status) return core::fail(status.error());
        return core::read_table(stepper.memory(), *status, {.counters = counters, .own = true});
    }

    Stepper stepper;
    Maps before;
};

void expect_exact(Program& program, const char* when) {
    const auto table = program.table();
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(text_of(table->own.regions), text_of(program.mapped())) << when;
    for (const core::Remark& remark : table->remarks) {
        EXPECT_NE(remark.code, "incomplete") << remark.text;
        EXPECT_NE(remark.code, "damaged") << remark.text;
    }
}

class OwnMemory : public testing::TestWithParam<std::uint64_t> {};

// Of several threads, with large tables of keys, with whatever a request may ask for.
TEST_P(OwnMemory, IsAllThatTheRuntimeHasMapped) {
    Program program(20000, "clears");
    ASSERT_TRUE(program.start(GetParam()));
    EXPECT_EQ(text_of(program.mapped()), "");
    ASSERT_TRUE(program.stepper.resume_to_trap());
    EXPECT_GT(program.mapped().size(), 0u);
    expect_exact(program, "with a table");
    ASSERT_TRUE(program.stepper.resume_to_trap());
    expect_exact(program, "after some clears");
}

INSTANTIATE_TEST_SUITE_P(Tracing, OwnMemory,
                         testing::Values(0, abi::kRequestStamps, abi::kRequestFreed,
                                         abi::kRequestStamps | abi::kRequestFreed),
                         [](const auto& flags) {
                             const bool stamps = (flags.param & abi::kRequestStamps) != 0;
                             const bool freed = (flags.param & abi::kRequestFreed) != 0;
                             return std::string(stamps ? "stamps" : "plain") +
                                    (freed ? "_and_freed" : "");
                         });

TEST(OwnMemoryOfAStoppedTrace, IsAllThatTheRuntimeHasMapped) {
    Program program(5000, "stop");
    ASSERT_TRUE(program.start());
    ASSERT_TRUE(program.stepper.resume_to_trap());
    expect_exact(program, "with a table");
    ASSERT_TRUE(program.stepper.resume_to_trap());
    expect_exact(program, "without");
}

// --- at each instruction ---

bool holds_address_in(core::Memory& memory, const core::MemoryRegion& region,
                      const core::MemoryRegion& heap) {
    std::vector<std::uint64_t> words((region.end - region.start) / 8);
    const auto got = memory.read(region.start, words.data(), words.size() * 8);
    words.resize(got ? *got / 8 : 0);
    return std::any_of(words.begin(), words.end(),
                       [&](std::uint64_t word) { return word >= heap.start && word < heap.end; });
}

// No address of the heap stands in what is mapped and not listed, which is returned; nothing is
// listed that is not mapped.
Regions expect_sound(Program& program, int step) {
    const auto table = program.table(false);
    EXPECT_TRUE(table) << table.error().text << " at step " << step;
    if (!table) return {};
    const Maps maps = maps_of(program.pid());
    const Regions mapped = without(maps.anonymous, program.before.anonymous);
    EXPECT_EQ(text_of(without(table->own.regions, mapped)), "") << "at step " << step;
    const Regions unlisted = without(mapped, table->own.regions);
    for (const core::MemoryRegion& region : unlisted) {
        EXPECT_FALSE(holds_address_in(program.stepper.memory(), region, maps.heap))
            << text_of({region}) << "at step " << step;
    }
    return unlisted;
}

// Each look reads a table: in a short run some of them, of no period that a loop has.
const int kEvery = std::getenv("MEMTRACE_TEST_LONG") != nullptr ? 1 : 17;

class OwnMemoryAtEachInstruction : public testing::TestWithParam<const char*> {};

TEST_P(OwnMemoryAtEachInstruction, HoldsWhateverOfTheProgramsStandsInTheRuntimes) {
    const bool is_first = std::string(GetParam()) == "first";
    Program program(is_first ? 1 : 60, GetParam());
    ASSERT_TRUE(program.start(abi::kRequestFreed));
    if (!is_first) {
        ASSERT_TRUE(program.stepper.resume_to_trap());
    }
    int steps = 0, unlisted = 0;
    while (program.stepper.step() && !HasFailure()) {
        if (++steps % kEvery != 0) continue;
        if (!expect_sound(program, steps).empty()) ++unlisted;
    }
    EXPECT_GT(steps, 500);
    // Of a few instructions each.
    EXPECT_TRUE(unlisted > 0 || kEvery != 1) << "nothing was mapped or given back";
    expect_exact(program, "at the end");
}

INSTANTIATE_TEST_SUITE_P(Of, OwnMemoryAtEachInstruction,
                         testing::Values("first", "stop", "clear", "grow"),
                         [](const auto& how) { return std::string(how.param); });

// Whoever jumps out of a clear, wherever: its states are listed, and given back later.
TEST(JumpOutOfAClear, LeavesListsThatCanBeRead) {
    const auto start = [] {
        auto program = std::make_unique<Program>(20, "jump-clear");
        if (!program->start() || !program->stepper.resume_to_trap()) program.reset();
        return program;
    };
    // Densely where it begins: a jump at the end comes after a hundred thousand instructions.
    const int share = kEvery == 1 ? 8 : 1;
    int next = 1;
    const auto first = start();
    ASSERT_TRUE(first);
    const std::vector<Place> places = places_passed(first->pid(), [&](int number) {
        if (number != next) return false;
        next += 2 * next / share + 97;
        return true;
    });
    int runs = 0;
    for (const Place& place : places) {
        const auto program = run_at(place, start);
        if (!program) break;
        ++runs;
        const int at = place.number;
        ASSERT_TRUE(program->stepper.resume_to_trap(SIGUSR1)) << "at instruction " << at;
        const auto table = program->table();
        ASSERT_TRUE(table) << table.error().text << " at instruction " << at;
        EXPECT_EQ(text_of(without(table->own.regions, program->mapped())), "") << at;
        EXPECT_EQ(program->stepper.run_to_end(), 0) << "at instruction " << at;
        if (HasFailure()) return;
    }
    EXPECT_GT(runs, 6);
}

// --- has the table each block that lives? ---

struct Beginning {
    const char* what;
    bool knows_all;
};

// Of a process that stands where it stopped itself.
std::optional<bool> knows_all(pid_t pid) {
    ProcessMemory memory(pid);
    const auto status = core::read_status(memory, 0);
    if (!status) return {};
    const auto table = core::read_table(memory, *status, {.own = true});
    if (!table) return {};
    return table->own.knows_all_blocks;
}

Launch beginning(const std::string& what) {
    Launch launch{.program = program_path("beginning"), .arguments = {what}, .environment = {}};
    if (what == "environment") launch.environment["MEMTRACE"] = "32";
    return launch;
}

class TableSince : public testing::TestWithParam<Beginning> {};

TEST_P(TableSince, KnowsAllBlocksOrSaysThatItMayNot) {
    Tracee tracee(beginning(GetParam().what));
    ASSERT_TRUE(tracee.wait_for_stop());
    EXPECT_EQ(knows_all(tracee.pid()), GetParam().knows_all);
}

TEST_P(TableSince, IsOfTheSameWorthInAChild) {
    Launch launch = beginning(GetParam().what);
    launch.arguments.push_back("fork");
    Tracee tracee(launch);
    ASSERT_TRUE(tracee.wait_for_stop());
    const int child = std::atoi(tracee.output().c_str());
    ASSERT_GT(child, 0);
    EXPECT_EQ(knows_all(child), GetParam().knows_all);
    tracee.resume();
    tracee.wait_for_exit();
}

INSTANTIATE_TEST_SUITE_P(TheBeginning, TableSince,
                         testing::Values(Beginning{"environment", true}, Beginning{"started", true},
                                         Beginning{"late", false}, Beginning{"cleared", false},
                                         Beginning{"restarted", false}, Beginning{"paused", false},
                                         Beginning{"paused-realloc", false},
                                         Beginning{"paused-free", true}, Beginning{"pool", false}),
                         [](const auto& of) {
                             std::string name = of.param.what;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

// What a debugger asks for before each of three calls.
std::optional<bool> knows_all_after(const std::vector<std::uint64_t>& flags) {
    Tracee tracee(beginning("asked"));
    ProcessMemory memory(tracee.pid());
    for (const std::uint64_t asked : flags) {
        if (!tracee.wait_for_stop()) return {};
        const std::uint64_t request = abi::make_request(asked, 32, 1);
        const std::uint64_t root = tracee.book().site_address[0];
        if (!memory.write(root + offsetof(abi::Root, request), &request, 8)) return {};
        tracee.resume();
    }
    return tracee.wait_for_stop() ? knows_all(tracee.pid()) : std::nullopt;
}

TEST(TableThatADebuggerAskedFor, KnowsAllBlocksOrSaysThatItMayNot) {
    constexpr std::uint64_t kOn = abi::kRequestOn, kPaused = kOn | abi::kRequestPaused;
    EXPECT_EQ(knows_all_after({kOn, kOn, kOn}), true);
    EXPECT_EQ(knows_all_after({kOn, kOn | abi::kRequestStamps, kOn}), true);
    EXPECT_EQ(knows_all_after({0, kOn, kOn}), false);
    EXPECT_EQ(knows_all_after({kPaused, kOn, kOn}), false);
    EXPECT_EQ(knows_all_after({kOn, kPaused, kOn}), false);
    EXPECT_EQ(knows_all_after({kOn, kOn, kPaused}), false);
}

// What the loader has allocated through us is in no trace, and may lead to what is.
TEST(BlocksOfTheBootstrap, LieInARegionOfTheirOwn) {
    Tracee tracee({.program = program_path("bootstrapped"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    ProcessMemory memory(tracee.pid());
    const auto status = core::read_status(memory, 0);
    ASSERT_TRUE(status) << status.error().text;
    const auto table = core::read_table(memory, *status, {.blocks = true, .own = true});
    ASSERT_TRUE(table) << table.error().text;
    const std::uint64_t block = tracee.book().site_address[0];
    EXPECT_GE(block, table->own.bootstrap.start);
    EXPECT_LT(block, table->own.bootstrap.end);
    for (const core::MemoryRegion& own : table->own.regions) {
        EXPECT_TRUE(own.end <= table->own.bootstrap.start || own.start >= table->own.bootstrap.end);
    }
    EXPECT_TRUE(table->own.knows_all_blocks);
    std::uint64_t target = 0;
    ASSERT_EQ(*memory.read(block, &target, 8), 8u);
    EXPECT_TRUE(std::any_of(table->blocks.begin(), table->blocks.end(), [&](const core::Block& b) {
        return b.address == target && b.size == 123;
    }));
}

}  // namespace
}  // namespace mt::test
