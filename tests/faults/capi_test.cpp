// SPDX-License-Identifier: MIT
//
// CPython's TestCAPI, case by case (semantics of domains), and what C and C++ programs
// may do with memtrace.h beyond it: with the runtime, and without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <map>

#include "abi/layout.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

constexpr std::uint32_t kDomain = 5;
constexpr std::uint64_t kSize = 123;
constexpr std::uint64_t kKey = 0xbadc0ffee0ddf00d;
enum Place { first, other, touching };

class TestCAPI : public testing::Test {
  protected:
    void run(const std::string& name) {
        tracee_ = std::make_unique<Tracee>(
            Launch{.program = program_path("capi_cases"), .arguments = {name}, .environment = {}});
        ASSERT_TRUE(tracee_->wait_for_stop()) << tracee_->output();
        read(tracee_->pid());
    }
    void read(pid_t pid) {
        ProcessMemory memory(pid);
        auto table = read_all(memory, true);
        ASSERT_TRUE(table) << table.error().text;
        table_ = std::move(*table);
        expect_whole(table_);
    }
    const std::string& output() const { return tracee_->output(); }

    // The only trace of the domain.
    const core::Trace* trace() const {
        const core::Trace* found = nullptr;
        for (const core::Trace& trace : table_.traces) {
            if (trace.domain != kDomain || trace.count == 0) continue;
            EXPECT_EQ(found, nullptr) << "two traces are live";
            found = &trace;
        }
        return found;
    }
    std::int64_t live(std::uint32_t domain) const {
        std::int64_t sum = 0;
        for (const core::Trace& t : table_.traces) sum += t.domain == domain ? t.size : 0;
        return sum;
    }
    bool is_tracked(std::uint32_t domain, std::uint64_t key) const {
        for (const core::Block& block : table_.blocks) {
            if (table_.domain_of(block) == domain && block.address == key) return true;
        }
        return false;
    }
    // The function that called the API is the innermost frame, not one of memtrace.h's.
    void expect_place(Place place) const {
        const core::Trace* found = trace();
        ASSERT_NE(found, nullptr);
        const auto frames = table_.frames(found->node);
        ASSERT_GE(frames.size(), 3u);  // the place, its case, main
        const std::uint64_t start = tracee_->book().site_address[place];
        EXPECT_GE(frames[0].address, start);
        EXPECT_LT(frames[0].address, start + 512) << "the innermost frame is another function's";
        for (const core::Pc& pc : frames) EXPECT_NE(pc.module, 0);
    }

    std::unique_ptr<Tracee> tracee_;
    core::Table table_;
};

TEST_F(TestCAPI, track) {
    run("track");
    EXPECT_EQ(output(), "start 0\ntrack 0\n");
    EXPECT_EQ(live(kDomain), static_cast<std::int64_t>(kSize));
    EXPECT_TRUE(is_tracked(kDomain, kKey));
    expect_place(first);
}

TEST_F(TestCAPI, track_already_tracked) {
    run("track_already_tracked");
    EXPECT_EQ(output(), "start 0\ntrack 0\nagain 0\n");
    EXPECT_EQ(live(kDomain), static_cast<std::int64_t>(kSize));
    expect_place(other);
}

// Without the GIL there: here from a thread that has had no event yet.
TEST_F(TestCAPI, track_without_gil) {
    run("from_a_thread");
    EXPECT_EQ(output(), "start 0\ntrack 0\nuntrack 0\ntrack 0\n");
    EXPECT_EQ(live(kDomain), static_cast<std::int64_t>(kSize));
    expect_place(first);
}

TEST_F(TestCAPI, untrack) {
    run("untrack");
    EXPECT_EQ(output(), "start 0\ntrack 0\nuntrack 0\nrepeat 0\n");
    EXPECT_EQ(live(kDomain), 0);
    EXPECT_FALSE(is_tracked(kDomain, kKey));
}

TEST_F(TestCAPI, stop_track) {
    run("stop_track");
    EXPECT_EQ(output(), "start 0\nstop 0\ntrack -2\n");
    EXPECT_FALSE(table_.status.tracing);
    EXPECT_FALSE(is_tracked(kDomain, kKey));
}

TEST_F(TestCAPI, stop_untrack) {
    run("stop_untrack");
    EXPECT_EQ(output(), "start 0\ntrack 0\nstop 0\nuntrack -2\ntouch -2\nstart 0\n");
    EXPECT_EQ(live(kDomain), 0);
    EXPECT_FALSE(is_tracked(kDomain, kKey));
}

TEST_F(TestCAPI, tracemalloc_track_race) {
    run("track_race");
    EXPECT_EQ(output(), "track 0\n");
    EXPECT_EQ(table_.blocks.size(), 1u);
    EXPECT_EQ(live(kDomain), static_cast<std::int64_t>(kSize));
    expect_place(first);
}

TEST_F(TestCAPI, late_untrack) {
    run("late_untrack");
    EXPECT_EQ(output(),
              "start 0\nthread_local 0\nthread_local 0\nkey 0\nkey 0\n"
              "track 0\natexit 0\natexit 0\nstatic 0\nstatic 0\nfini 0\n");
    EXPECT_EQ(live(kDomain), 0);
}

// Of the reference tracer: an object that is made anew where one was.
TEST_F(TestCAPI, new_reference) {
    run("touch");
    EXPECT_EQ(output(), "start 0\nunknown -1\ntrack 0\ntouch 0\n");
    EXPECT_EQ(live(kDomain), static_cast<std::int64_t>(kSize));
    EXPECT_EQ(table_.peak_size, static_cast<std::int64_t>(kSize)) << "the peak saw both";
    expect_place(touching);
    EXPECT_EQ(trace()->alloc_count, 1u);
}

TEST_F(TestCAPI, fork) {
    run("after_fork");
    EXPECT_THAT(output(),
                testing::HasSubstr("start 0\ntrack 0\npaused in the child 0\n"
                                   "recorded in the child 0\nuntracked in the child 0\n"));
    EXPECT_TRUE(is_tracked(kDomain, kKey));
    EXPECT_EQ(table_.status.paused_threads, 1u);
    const pid_t child = std::atoi(output().c_str() + output().find("pid ") + 4);
    ASSERT_GT(child, 0);
    read(child);
    kill(child, SIGKILL);
    EXPECT_FALSE(is_tracked(kDomain, kKey));
    EXPECT_FALSE(is_tracked(kDomain, 1)) << "the child's thread pauses as its parent's did";
    EXPECT_TRUE(is_tracked(kDomain, 2));
    EXPECT_EQ(table_.status.paused_threads, 0u);
}

// --- what C++ adds --------------------------------------------------------------

std::map<std::uint64_t, int> sizes_of(const core::Table& table) {
    std::map<std::uint64_t, int> sizes;
    for (const core::Block& block : table.blocks) ++sizes[block.size];
    return sizes;
}

TEST_F(TestCAPI, a_pause_is_of_its_thread_and_nests) {
    run("pause");
    EXPECT_EQ(output(), "start 0\ntrack 0\n");
    auto sizes = sizes_of(table_);  // in the pause, read from the other thread
    EXPECT_EQ(sizes[1001], 0) << "freed in the pause";
    EXPECT_EQ(sizes[1002], 0) << "resized in the pause";
    EXPECT_EQ(sizes[9000], 0);
    EXPECT_EQ(sizes[1003], 1);
    EXPECT_EQ(sizes[2001] + sizes[2002], 0);
    EXPECT_EQ(sizes[5005], 1) << "the other thread does not pause";
    EXPECT_FALSE(is_tracked(kDomain, 3));
    EXPECT_EQ(table_.status.paused_threads, 1u);
    EXPECT_FALSE(table_.status.paused);
    tracee_->resume();
    ASSERT_TRUE(tracee_->wait_for_stop());
    read(tracee_->pid());
    sizes = sizes_of(table_);
    EXPECT_EQ(sizes[3001], 1);
    EXPECT_EQ(sizes[5005], 1);
    EXPECT_EQ(table_.status.paused_threads, 0u);
    EXPECT_EQ(table_.untracked_frees, 2u) << "of the blocks that were made in the pause";
}

TEST_F(TestCAPI, a_pause_may_begin_before_tracing_does) {
    run("pause_before_start");
    EXPECT_EQ(output(), "pause 0\nstart 0\nresume 0\nresume once more 0\n");
    auto sizes = sizes_of(table_);
    EXPECT_EQ(sizes[1001], 0);
    EXPECT_EQ(sizes[1002], 1);
}

TEST_F(TestCAPI, bad_arguments_are_answered) {
    run("bad_arguments");
    EXPECT_EQ(output(),
              "start 0\nnull -1\nodd address -1\nkernel address -1\nuntrack nothing 0\n"
              "touch nothing -1\npool of nothing -1\npool of no block -1\nevery key 0\n"
              "untrack it 0\n");
    EXPECT_EQ(table_.current_size, 0);
    EXPECT_EQ(table_.current_count, 0);
}

TEST_F(TestCAPI, get_traced_memory_is_over_all_domains) {
    run("all_domains");
    EXPECT_EQ(output(), "start 0\ncurrent 4021\npeak 4321\n");
    EXPECT_EQ(table_.current_size, 4021);
    EXPECT_EQ(table_.peak_size, 4321);
}

TEST_F(TestCAPI, keys_are_temporaries_like_blocks) {
    run("temporaries");
    std::uint64_t temporaries = 0;
    for (const core::Trace& trace : table_.traces) {
        temporaries += trace.domain == kDomain ? trace.temporary_count : 0;
    }
    EXPECT_EQ(temporaries, 1u);
}

TEST_F(TestCAPI, a_block_where_a_page_was_is_a_block) {
    run("page_freed_unseen");
    EXPECT_EQ(output(), "start 0\npool 0\nsame place 1\n");
    EXPECT_EQ(table_.current_size, 60000);
    tracee_->resume();
    ASSERT_TRUE(tracee_->wait_for_stop());
    read(tracee_->pid());
    EXPECT_EQ(table_.current_size, 0);
}

// The environment starts it, with another limit: nothing of the API needs a start.
TEST_F(TestCAPI, started_by_the_environment) {
    Tracee tracee({.program = program_path("capi_cases"),
                   .arguments = {"track"},
                   .environment = {{"MEMTRACE", "7"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->status.frame_limit, 7);
    EXPECT_EQ(tracee.output(), "start 0\ntrack 0\n");
}

class WithoutRuntime : public testing::TestWithParam<const char*> {};

TEST_P(WithoutRuntime, EveryAnswerIsMinusTwo) {
    Tracee tracee({.program = program_path("capi_cases"),
                   .arguments = {GetParam()},
                   .environment = {},
                   .preload = false});
    ASSERT_TRUE(tracee.wait_for_stop()) << tracee.output();
    std::istringstream lines(tracee.output());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_EQ(line.substr(line.size() - 3), " -2") << line;
    }
    EXPECT_GT(count, 0);
}

INSTANTIATE_TEST_SUITE_P(Case, WithoutRuntime,
                         testing::Values("track", "touch", "untrack", "stop_untrack", "pause",
                                         "pause_before_start", "bad_arguments", "late_untrack"));

}  // namespace
}  // namespace mt::test
