// SPDX-License-Identifier: MIT
//
// MEMTRACE=N,file=PATH: what is in the file when its process is gone is what the process had,
// whatever ended it; and whose file it is after fork and exec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "abi/layout.h"
#include "boxed_storm.h"
#include "read_box.h"
#include "test_folder.h"
#include "tracee.h"
#include "watchdog.h"
#include "whole_table.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
using Blocks = std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>;

Blocks blocks_of(const core::Table& table) {
    Blocks blocks;
    for (const core::Block& block : table.blocks)
        EXPECT_TRUE(
            blocks.emplace(std::pair{table.domain_of(block), block.address}, block.size).second)
            << "listed twice";
    return blocks;
}

void expect_sound(const core::Table& table) {
    for (const core::Remark& remark : table.remarks)
        EXPECT_TRUE(remark.code == "peak-bound" || remark.code == "in-flight") << remark.text;
    for (const core::Loss& loss : table.losses) EXPECT_EQ(loss.total, 0u) << loss.name;
}

// What each slot says against the table: what is held is there, what was about to change may be.
void expect_slots(const core::Table& table, const ledger& book) {
    Blocks traced = blocks_of(table);
    std::multiset<std::uint64_t> coming;
    std::set<std::pair<std::uint32_t, std::uint64_t>> going;
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        const ledger_block& slot = book.block[i];
        const std::pair key{slot.domain, slot.address};
        if (slot.order == SLOT_COMES) coming.insert(slot.size);
        if (slot.order == SLOT_GOES) going.insert(key);
        if (slot.order != SLOT_HELD) continue;
        const auto found = traced.find(key);
        ASSERT_TRUE(found != traced.end()) << slot.size << " bytes are missing";
        EXPECT_EQ(found->second, slot.size);
        traced.erase(found);
    }
    for (const auto& [key, size] : traced) {
        if (size < BOXED_SIZE || size >= BOXED_SIZE + BOXED_SIZES) continue;  // libc's
        if (going.count(key) == 1) continue;
        const auto made = coming.find(size);
        ASSERT_TRUE(made != coming.end()) << size << " bytes that nobody holds";
        coming.erase(made);
    }
}

bool waits_for_events(const ledger& book, std::uint64_t events) {
    for (int i = 0; i < 20000; ++i) {
        if (__atomic_load_n(&book.event_count, __ATOMIC_RELAXED) >= events) return true;
        usleep(500);
    }
    return false;
}

class KilledAnywhere : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(KilledAnywhere, TheFileIsTheTable) {
    const auto [what, setting] = GetParam();
    TestFolder folder("box");
    std::mt19937 random(7);
    const long rounds = storm(12, 300);
    for (long round = 0; round < rounds; ++round) {
        const std::string path = folder / "box";
        Tracee tracee({.program = program_path("boxed_storm"),
                       .arguments = {round % 2 == 0 ? "1" : "3", what},
                       .environment = {{"MEMTRACE", std::string(setting) + ",file=" + path}}});
        ASSERT_TRUE(waits_for_events(tracee.book(), 1 + random() % 20000));
        usleep(static_cast<useconds_t>(random() % 2000));
        kill(tracee.pid(), SIGKILL);
        EXPECT_EQ(tracee.wait_for_exit(), SIGKILL);
        const ReadBox box = read_box(path);
        ASSERT_TRUE(box.table) << box.table.error().text;
        expect_sound(*box.table);
        expect_slots(*box.table, tracee.book());
        EXPECT_EQ(box.file->box->missing, 0u);
        EXPECT_FALSE(core::is_running(*box.file->box));
        EXPECT_EQ(fs::path(box.file->box->program).filename(), "boxed_storm");
        std::int64_t sum = 0;
        for (const core::Block& block : box.table->blocks)
            sum += static_cast<std::int64_t>(block.size);
        EXPECT_EQ(sum, box.table->current_size);
        if (HasFatalFailure() || HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Tracing, KilledAnywhere,
                         testing::Values(std::pair{"blocks", "32"},
                                         std::pair{"blocks", "32,stamps"},
                                         std::pair{"blocks", "8,sample=100"},
                                         std::pair{"keys", "32"},
                                         std::pair{"keys", "32,stamps,freed=1000"}),
                         [](const auto& one) { return std::to_string(one.index); });

// All that a snapshot with blocks has.
void expect_same_table(const core::Table& file, const core::Table& process) {
    EXPECT_EQ(blocks_of(file), blocks_of(process));
    EXPECT_EQ(file.current_size, process.current_size);
    EXPECT_EQ(file.peak_size, process.peak_size);
    ASSERT_EQ(file.traces.size(), process.traces.size());
    for (std::size_t i = 0; i < file.traces.size(); ++i) {
        EXPECT_EQ(file.traces[i].size, process.traces[i].size);
        EXPECT_EQ(file.traces[i].alloc_count, process.traces[i].alloc_count);
        EXPECT_EQ(file.traces[i].peak_size, process.traces[i].peak_size);
        EXPECT_EQ(file.frames(file.traces[i].node), process.frames(process.traces[i].node));
    }
    ASSERT_EQ(file.modules.size(), process.modules.size());
    for (std::size_t i = 0; i < file.modules.size(); ++i)
        EXPECT_EQ(file.modules[i].path, process.modules[i].path);
    EXPECT_EQ(file.threads.size(), process.threads.size());
    EXPECT_EQ(file.status.identity.cookie, process.status.identity.cookie);
    EXPECT_EQ(file.status.identity.pid, process.status.identity.pid);
    EXPECT_EQ(file.status.identity.generation, process.status.identity.generation);
    EXPECT_EQ(file.status.tracing, process.status.tracing);
    EXPECT_EQ(file.status.frame_limit, process.status.frame_limit);
}

struct Program {
    const char* name;
    std::vector<std::string> arguments;
    std::string setting;
};

class StoppedProgram : public testing::TestWithParam<Program> {};

TEST_P(StoppedProgram, HasInItsFileWhatItsMemoryHas) {
    TestFolder folder("box");
    const std::string path = folder / "box";
    const Program& program = GetParam();
    Tracee tracee({.program = program_path(program.name),
                   .arguments = program.arguments,
                   .environment = {{"MEMTRACE", program.setting + ",file=" + path}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto live = tracee.table(true);
    ASSERT_TRUE(live) << live.error().text;
    const ReadBox box = read_box(path);
    ASSERT_TRUE(box.table) << box.table.error().text;
    expect_same_table(*box.table, *live);
    EXPECT_GT(live->blocks.size(), 100u);
    EXPECT_TRUE(core::is_running(*box.file->box));
    EXPECT_EQ(live->status.box.state, static_cast<std::uint32_t>(abi::BoxState::open));
    EXPECT_EQ(live->status.box.path, fs::canonical(path).string());
    EXPECT_EQ(live->status.box.missing, 0u);
}

INSTANTIATE_TEST_SUITE_P(Of, StoppedProgram,
                         testing::Values(Program{"family_storm", {}, "32"},
                                         Program{"domains_storm", {"3"}, "32"},
                                         Program{"read_storm", {}, "32,stamps"},
                                         Program{"stamps_storm", {}, "32,stamps"}),
                         [](const auto& one) { return std::string(one.param.name); });

// --- names --------------------------------------------------------------------

// Runs the program until it stops, then ends it.
void stop_and_kill(const std::string& file) {
    Tracee tracee({.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32,file=" + file}}});
    ASSERT_TRUE(tracee.wait_for_stop());
}

TEST(NameOfABox, IsReadableByItsOwnerAndWritableByNobody) {
    TestFolder folder("box");
    stop_and_kill(folder / "box");
    const auto mode = fs::status(folder / "box").permissions();
    EXPECT_EQ(mode, fs::perms::owner_read);
}

// A supervisor starts the next one at once: what the last one left must not be gone.
TEST(NameOfABox, OfAProcessThatHasEndedBecomesTheOldOne) {
    TestFolder folder("box");
    for (int i = 0; i < 3; ++i) stop_and_kill(folder / "box");
    const ReadBox now = read_box(folder / "box");
    const ReadBox old = read_box(folder / "box.old");
    ASSERT_TRUE(now.table && old.table);
    EXPECT_NE(now.file->box->pid, old.file->box->pid);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}), 2);
}

TEST(NameOfABox, OfAProcessThatRunsStaysItsOwn) {
    TestFolder folder("box");
    Tracee first({.program = program_path("read_storm"),
                  .arguments = {},
                  .environment = {{"MEMTRACE", "32,file=" + (folder / "box")}}});
    ASSERT_TRUE(first.wait_for_stop());
    Tracee second({.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32,file=" + (folder / "box")}}});
    ASSERT_TRUE(second.wait_for_stop());
    const ReadBox one = read_box(folder / "box");
    const ReadBox other = read_box((folder / "box.") + std::to_string(second.pid()));
    ASSERT_TRUE(one.table && other.table);
    EXPECT_EQ(one.file->box->pid, static_cast<std::uint32_t>(first.pid()));
    EXPECT_EQ(other.file->box->pid, static_cast<std::uint32_t>(second.pid()));
}

// As a script's background jobs: whoever comes second must not take the first one's name.
TEST(NameOfABox, OfManyThatStartAtOnceIsEachItsOwn) {
    constexpr std::size_t kMany = 12;
    TestFolder folder("box");
    std::vector<std::unique_ptr<Tracee>> all;
    for (std::size_t i = 0; i < kMany; ++i)
        all.push_back(std::make_unique<Tracee>(
            Launch{.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32,file=" + (folder / "box")}}}));
    std::set<std::string> names;
    for (const auto& one : all) {
        ASSERT_TRUE(one->wait_for_stop());
        const auto live = one->table(false);
        ASSERT_TRUE(live) << live.error().text;
        const ReadBox box = read_box(live->status.box.path);
        ASSERT_TRUE(box.table) << live->status.box.path << box.table.error().text;
        EXPECT_EQ(box.file->box->pid, static_cast<std::uint32_t>(one->pid()));
        names.insert(live->status.box.path);
    }
    EXPECT_EQ(names.size(), kMany);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}),
              static_cast<std::ptrdiff_t>(kMany));
}

TEST(NameOfABox, MayHaveTheProcessNumberInIt) {
    TestFolder folder("box");
    Tracee tracee({.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32,file=" + (folder / "b%%x.%p")}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    EXPECT_TRUE(read_box((folder / "b%x.") + std::to_string(tracee.pid())).table);
}

class OtherFile : public testing::TestWithParam<const char*> {};

TEST_P(OtherFile, IsNeverReplaced) {
    TestFolder folder("box");
    const std::string path = folder / "box", kind = GetParam();
    if (kind == "text") std::ofstream(path) << "a letter\n";
    if (kind == "link") fs::create_symlink(folder / "elsewhere", path);
    if (kind == "folder") fs::create_directory(path);
    if (kind == "pipe") {
        ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    }
    const auto before = fs::symlink_status(path).type();
    Tracee tracee({.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32,file=" + path}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_GE(table->blocks.size(), 1000u);  // it is traced as without
    EXPECT_EQ(table->status.box.state, static_cast<std::uint32_t>(abi::BoxState::failed));
    EXPECT_EQ(table->status.box.error, static_cast<std::uint32_t>(abi::BoxError::foreign_file));
    EXPECT_EQ(fs::symlink_status(path).type(), before);
    if (kind == "text") {
        EXPECT_EQ(fs::file_size(path), 9u);
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}), 1);
}

INSTANTIATE_TEST_SUITE_P(Kind, OtherFile, testing::Values("text", "link", "folder", "pipe"),
                         [](const auto& kind) { return std::string(kind.param); });

// --- children -----------------------------------------------------------------

struct Made {
    const char* how;
    const char* when;
    bool is_by_libc;
};
class ChildOfABoxed : public testing::TestWithParam<Made> {};

Launch children(const Made& made, const std::string& file) {
    return {.program = program_path("children"),
            .arguments = {made.how, made.when, "1"},
            .environment = {{"MEMTRACE", "32,file=" + file}}};
}

TEST_P(ChildOfABoxed, LeavesItsParentsFileAlone) {
    TestFolder folder("box");
    Tracee tracee(children(GetParam(), folder / "box"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const pid_t child = std::atoi(tracee.output().c_str());
    ASSERT_GT(child, 0);
    ProcessMemory memory(child);
    const auto its = read_all(memory, true);
    kill(child, SIGKILL);
    ASSERT_TRUE(its) << its.error().text;
    EXPECT_EQ(its->status.identity.pid, static_cast<std::uint32_t>(child));
    const ReadBox box = read_box(folder / "box");
    ASSERT_TRUE(box.table) << box.table.error().text;
    EXPECT_EQ(box.table->status.identity.pid, static_cast<std::uint32_t>(tracee.pid()));
    expect_whole(*box.table);
    const bool is_late = GetParam().when == std::string("late");
    EXPECT_EQ(box.table->blocks.size(), is_late ? 10u : 0u);
    if (!GetParam().is_by_libc) {
        EXPECT_EQ(its->status.reason, static_cast<std::uint32_t>(abi::Reason::forked_inside));
        return;
    }
    // What it allocated itself, and no more.
    EXPECT_EQ(its->status.box.state, static_cast<std::uint32_t>(abi::BoxState::parents));
    expect_whole(*its);
    std::map<std::uint64_t, std::uint64_t> held;
    for (std::uint64_t i = 0; i < tracee.book().block_count; ++i)
        held[tracee.book().block[i].address] = tracee.book().block[i].size;
    EXPECT_GT(its->blocks.size(), 30u);
    for (const core::Block& block : its->blocks) EXPECT_EQ(held[block.address], block.size);
}

class ForkedChildOfABoxed : public ChildOfABoxed {};

TEST_P(ForkedChildOfABoxed, HasOneOfItsOwnUnderItsNumber) {
    TestFolder folder("box");
    Tracee tracee(children(GetParam(), folder / "box.%p"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const pid_t child = std::atoi(tracee.output().c_str());
    ASSERT_GT(child, 0);
    ProcessMemory memory(child);
    const auto live = read_all(memory, true);
    const ReadBox box = read_box((folder / "box.") + std::to_string(child));
    kill(child, SIGKILL);
    ASSERT_TRUE(live && box.table);
    expect_same_table(*box.table, *live);
    EXPECT_GT(live->blocks.size(), 30u);
    EXPECT_TRUE(read_box((folder / "box.") + std::to_string(tracee.pid())).table);
}

std::string name_of(const testing::TestParamInfo<Made>& made) {
    return std::string(made.param.how) + "_" + made.param.when;
}
INSTANTIATE_TEST_SUITE_P(By, ChildOfABoxed,
                         testing::Values(Made{"fork", "early", true}, Made{"fork", "late", true},
                                         Made{"SYS_fork", "late", false},
                                         Made{"clone3", "late", false}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(By, ForkedChildOfABoxed,
                         testing::Values(Made{"fork", "early", true}, Made{"fork", "late", true}),
                         name_of);

}  // namespace
}  // namespace mt::test
