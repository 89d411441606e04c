// SPDX-License-Identifier: MIT
//
// Proves that the expressions in unwind tables are computed as DWARF says, and that
// none loads from where it may not, leaves its table or runs for ever.
#include "stack/expression.h"

#include <gtest/gtest.h>

#include <random>

#include "stack_tables.h"

namespace mt::test {
namespace {

using namespace mt::runtime::stack;

class Expression {
  public:
    Expression() {
        for (u64 i = 0; i < 8; ++i) memory_[i] = 100 + i;
        frame_ = {0x4001,
                  reinterpret_cast<u64>(&memory_[0]),
                  reinterpret_cast<u64>(&memory_[4]),
                  0,
                  0,
                  kNoRegister,
                  false,
                  kNoRegister};
        view_.enter(window_, frame_.sp);
    }
    // False = refused.
    bool run(const Code& code, u64& result, const u64* given = nullptr) {
        const Block block{uleb(code.size()) + code};
        return evaluate(block.span(), block.at(0), frame_, view_, given, result);
    }
    u64 value(const Code& code) {
        u64 result = 0;
        EXPECT_TRUE(run(code, result));
        return result;
    }
    bool refuses(const Code& code) {
        u64 result = 0;
        return !run(code, result);
    }
    const Frame& frame() const { return frame_; }
    Frame& frame() { return frame_; }

  private:
    u64 memory_[8];
    Window window_{};
    View view_;
    Frame frame_;
};

TEST(StackExpression, computes) {
    Expression expression;
    const auto value = [&](const Code& code) { return expression.value(code); };
    EXPECT_EQ(value({0x77, 8}), expression.frame().sp + 8);
    EXPECT_EQ(value({0x76, 0x78}), expression.frame().bp - 8);
    EXPECT_EQ(value({0x80, 0}), 0x4000u);
    EXPECT_EQ(value({0x92, 7, 16}), expression.frame().sp + 16);
    EXPECT_EQ(value({0x77, 8, 0x06}), 101u);
    EXPECT_EQ(value({0x76, 0, 0x06}), 104u);
    EXPECT_EQ(value({0x4f}), 31u);
    EXPECT_EQ(value({0x09, 0xff}), ~u64{0});
    EXPECT_EQ(value({0x0a, 1, 2}), 0x201u);
    EXPECT_EQ(value({0x0b, 0xff, 0xff}), ~u64{0});
    EXPECT_EQ(value({0x0d, 0, 0, 0, 0x80}), 0xffffffff80000000u);
    EXPECT_EQ(value({0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80}), 0x8000000000000001u);
    EXPECT_EQ(value({0x10, 0x80, 1}), 128u);
    EXPECT_EQ(value({0x11, 0x7f}), ~u64{0});
    EXPECT_EQ(value({0x35, 0x33, 0x1c}), 2u);
    EXPECT_EQ(value({0x35, 0x33, 0x16, 0x1c}), ~u64{0} - 1);
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x17, 0x13}), 1u) << "rot puts the top third";
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x17}), 2u);
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x15, 2}), 1u);
    EXPECT_EQ(value({0x31, 0x32, 0x14}), 1u);
    EXPECT_EQ(value({0x36, 0x09, 0xfe, 0x1b}), static_cast<u64>(-3));
    EXPECT_EQ(value({0x0e, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09, 0xff, 0x1b}), u64{1} << 63);
    EXPECT_EQ(value({0x37, 0x33, 0x1d}), 1u);
    EXPECT_EQ(value({0x09, 0xf8, 0x31, 0x26}), static_cast<u64>(-4));
    EXPECT_EQ(value({0x31, 0x08, 64, 0x24}), 0u);
    EXPECT_EQ(value({0x09, 0xff, 0x08, 200, 0x26}), ~u64{0});
    EXPECT_EQ(value({0x31, 0x23, 0x85, 1}), 134u);
    EXPECT_EQ(value({0x09, 0xff, 0x19}), 1u);
    EXPECT_EQ(value({0x09, 0xff, 0x30, 0x2d}), 1u) << "comparisons are signed";
    EXPECT_EQ(value({0x31, 0x28, 1, 0, 0x4f, 0x35}), 5u) << "a taken branch";
    EXPECT_EQ(value({0x34, 0x30, 0x28, 1, 0, 0x96, 0x96}), 4u);
    const u64 given = 77;
    u64 result = 0;
    EXPECT_TRUE(expression.run({0x96}, result, &given));
    EXPECT_EQ(result, 77u);
}

// How linkers describe a PLT: 8 more once its first push is done.
TEST(StackExpression, understands_a_plt) {
    const Code plt = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    Expression expression;
    expression.frame().pc = 0x4000 + 5 + 1;
    EXPECT_EQ(expression.value(plt), expression.frame().sp + 8);
    expression.frame().pc = 0x4000 + 11 + 1;
    EXPECT_EQ(expression.value(plt), expression.frame().sp + 16);
}

TEST(StackExpression, refuses_the_rest) {
    Expression expression;
    EXPECT_TRUE(expression.refuses({})) << "no value";
    EXPECT_TRUE(expression.refuses({0x06})) << "an empty stack";
    EXPECT_TRUE(expression.refuses({0x31, 0x22}));
    EXPECT_TRUE(expression.refuses({0x31, 0x30, 0x1b})) << "division by zero";
    EXPECT_TRUE(expression.refuses({0x31, 0x30, 0x1d}));
    EXPECT_TRUE(expression.refuses({0x2f, 0xfd, 0xff})) << "an endless loop";
    EXPECT_TRUE(expression.refuses({0x31, 0x2f, 0xfc, 0xff})) << "an endless push";
    EXPECT_TRUE(expression.refuses({0x2f, 0x00, 0x80})) << "a branch out";
    EXPECT_TRUE(expression.refuses({0x31, 0x2f, 0x01, 0x00}));
    EXPECT_TRUE(expression.refuses({0x73, 0})) << "rbx is not known";
    EXPECT_TRUE(expression.refuses({0x09})) << "cut";
    EXPECT_TRUE(expression.refuses({0x30, 0x06})) << "a load at 0";
    EXPECT_TRUE(expression.refuses({0x77, 1, 0x06})) << "a misaligned load";
    EXPECT_TRUE(expression.refuses({0x09, 0xf8, 0x06})) << "a load of the kernel's";
    EXPECT_TRUE(expression.refuses({0x31, 0x15, 1}));
    EXPECT_TRUE(expression.refuses({0x31, 0x17}));
    EXPECT_TRUE(expression.refuses({0xf0})) << "an unknown operation";
    EXPECT_TRUE(expression.refuses({0x50})) << "a register's name";
    expression.frame().bp = 0;
    EXPECT_TRUE(expression.refuses({0x76, 0})) << "the frame pointer was lost";
}

TEST(StackExpression, a_length_that_leaves_the_table_is_refused) {
    Expression expression;
    View view;
    u64 result = 0;
    for (const Code& code : {Code{}, Code{2, 0x31}, Code{0xff, 0xff}, Code(20, 0xff)}) {
        const Block block{code};
        for (const u64 place : {block.at(0), block.at(0) - 1, block.span().end, u64{8}}) {
            EXPECT_FALSE(evaluate(block.span(), place, expression.frame(), view, nullptr, result));
        }
    }
}

TEST(StackExpression, random_expressions_do_no_harm) {
    std::mt19937 random{3};
    Expression expression;
    u32 understood = 0;
    for (u32 round = 0; round < 100000; ++round) {
        Code code(random() % 30);
        for (u8& byte : code) {
            byte = static_cast<u8>(random() % 2 == 0 ? 0x30 + random() % 8 : random() % 0x98);
        }
        u64 result = 0;
        const u64 given = random();
        understood += expression.run(code, result, round % 2 == 0 ? &given : nullptr);
    }
    EXPECT_GT(understood, 1000u);
}

}  // namespace
}  // namespace mt::test
