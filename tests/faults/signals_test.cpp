// SPDX-License-Identifier: MIT
//
// Signals in storms, at any instruction of program and hooks: what handlers allocate is
// recorded, what is jumped out of loses nothing else, and threads that end there hold
// nobody up.
#include <gtest/gtest.h>

#include "against_ledger.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

class SignalStorm : public testing::Test {
  protected:
    void storm(const char* mode) {
        tracee_ = std::make_unique<Tracee>(Launch{
            .program = program_path("signal_storm"), .arguments = {mode}, .environment = {}});
        ASSERT_TRUE(tracee_->wait_for_stop()) << "the program crashed, or hung";
        auto table = tracee_->table(true);
        ASSERT_TRUE(table) << table.error().text;
        table_ = std::move(*table);
        handled_ = std::atol(tracee_->output().c_str());
        for (const core::Block& block : table_.blocks) traced_[block.address] = block.size;
        held_ = ledger_blocks(tracee_->book());
    }
    std::size_t missing() const {
        std::size_t count = 0;
        for (const auto& [address, size] : held_) {
            const auto found = traced_.find(address);
            count += found == traced_.end() || found->second != size ? 1 : 0;
        }
        return count;
    }

    std::unique_ptr<Tracee> tracee_;
    core::Table table_;
    Blocks traced_, held_;
    long handled_ = 0;
};

// Exactly, but for what is counted as lost (a thread's very first event takes longest).
TEST_F(SignalStorm, HandlersMayAllocate) {
    storm("allocate");
    if (HasFatalFailure()) return;
    EXPECT_GT(handled_, 500);
    EXPECT_LE(lost(table_), 100u);
    if (lost(table_) == 0) return expect_equal(table_, tracee_->book());
    EXPECT_LE(missing(), lost(table_));
    EXPECT_LE(traced_.size(), held_.size() + lost(table_));
    const auto counted = static_cast<std::uint64_t>(table_.current_count);
    EXPECT_LE(counted, traced_.size() + lost(table_));
    EXPECT_LE(traced_.size(), counted + lost(table_));
}

// A jump leaves at most one block that the program has never seen, or never freed.
TEST_F(SignalStorm, HandlersMayJumpOut) {
    storm("jump");
    if (HasFatalFailure()) return;
    EXPECT_GT(handled_, 500);
    expect_whole(table_);
    EXPECT_LE(missing(), lost(table_));
    EXPECT_LE(traced_.size() + missing(), held_.size() + static_cast<std::size_t>(handled_));
    int last = 0;
    for (const auto& [address, size] : traced_) last += size == 777 ? 1 : 0;
    EXPECT_EQ(last, 8) << "each thread's recording has resumed";
}

// What a thread was in the midst of is settled by whoever takes over its context; a realloc
// that had moved its block once put the old one back, which stayed live for ever.
TEST_F(SignalStorm, ThreadsMayEndInAnEvent) {
    storm("end");
    if (HasFatalFailure()) return;
    const auto apart = table_.current_count - static_cast<std::int64_t>(table_.blocks.size());
    EXPECT_LE(std::abs(apart), table_.in_flight) << "of threads whose context waits for the next";
    EXPECT_LE(missing(), lost(table_));
}

}  // namespace
}  // namespace mt::test
