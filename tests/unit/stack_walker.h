// SPDX-License-Identifier: MIT
//
// What tests that compare the walker with libgcc's unwinder share. For tests only.
#ifndef MEMTRACE_TESTS_UNIT_STACK_WALKER_H
#define MEMTRACE_TESTS_UNIT_STACK_WALKER_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstddef>
#include <memory>

#include "stack_capture.h"

namespace mt::test {

class Walker : public ::testing::Test {
  protected:
    Walker() { current_capture = capture_.get(); }
    ~Walker() override { current_capture = nullptr; }

    void expect_equal(WalkEnd end = WalkEnd::complete) {
        EXPECT_THAT(differences(*capture_), ::testing::IsEmpty());
        EXPECT_EQ(capture_->walk.end, end);
        EXPECT_GE(capture_->walk.count, 3u);
    }

    std::unique_ptr<Capture> capture_ = std::make_unique<Capture>();
};

class AlternateStack {
  public:
    AlternateStack() {
        stack_t stack{};
        stack.ss_sp = memory_.get();
        stack.ss_size = kSize;
        sigaltstack(&stack, nullptr);
    }
    ~AlternateStack() {
        stack_t off{};
        off.ss_flags = SS_DISABLE;
        sigaltstack(&off, nullptr);
    }

  private:
    static constexpr std::size_t kSize = 65536;
    std::unique_ptr<char[]> memory_ = std::make_unique<char[]>(kSize);
};

}  // namespace mt::test

#endif
