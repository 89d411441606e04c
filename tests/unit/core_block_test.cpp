// SPDX-License-Identifier: MIT
//
// mt block through the C interface: from words to an address, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "abi/stamp.h"
#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kBlock = 0x7f0000001010;
constexpr std::uint64_t kStack = 0x7ffe00000000;
constexpr std::uint64_t kParse = 0x555555554600;

class Block : public ::testing::Test {
  protected:
    Block() {
        builder.add_thread("worker", 77);
        builder.allocate_at(kBlock, builder.add_stack({kParse}), 100);
        debugger.frames[kParse] = {{"/src/parse.cpp", 12, "_Z5parsev"}};
        build();
    }
    void build() {
        debugger.memory = builder.build();
        debugger.memory.map(kStack, 8192);
    }

    TableBuilder builder;
    FakeDebugger debugger;
    FakeSession session{debugger};
};

TEST_F(Block, ANumberIsOneWithoutTheDebugger) {
    const std::string text =
        "block 0x7f0000001010: size=100 B, offset 7\n"
        "domain 0\n"
        "Memory block allocated at (most recent call first):\n"
        "  File \"/src/parse.cpp\", line 12\n";
    EXPECT_EQ(session.text("block 0x7f0000001017"), text);
    EXPECT_EQ(session.text("block " + std::to_string(kBlock + 7)), text);
}

TEST_F(Block, OptionsStandAnywhereAndAreNoPartOfTheExpression) {
    debugger.expressions["p - 3"] = {MTC_VALUE_NUMBER, 0, kBlock, 0, "char*"};
    debugger.expressions["a [ 2 ]"] = {MTC_VALUE_NUMBER, 0, kBlock + 1, 0, "long"};
    EXPECT_THAT(session.text("block p - 3 --json"), HasSubstr("\"offset\": 0"));
    EXPECT_THAT(session.text("block --js p - 3"), HasSubstr("\"offset\": 0"));
    EXPECT_THAT(session.text("block --limit 1 a [ 2 ]"), HasSubstr("offset 1"));
    EXPECT_THAT(session.text("block a [ 2 ] --limit=1"), HasSubstr("offset 1"));
}

TEST_F(Block, WhatHasNoAddressIsOneLine) {
    EXPECT_EQ(session.error("block q->next"), "q->next has no address: no such name");
    EXPECT_EQ(session.error("block 0x"), "0x has no address: no such name");
    EXPECT_THAT(session.error("block"), HasSubstr("takes an address"));
}

TEST_F(Block, OnAStackTheThreadIsTheOneWhoseFramesReachThere) {
    debugger.stack_pointers = {kStack + 5000, kStack + 3000};
    EXPECT_EQ(session.text("block " + std::to_string(kStack + 6000)),
              "0x7ffe00001770: in no live block; on the stack of the debugger's thread 1\n");
    debugger.system_ids = {78, 77};
    EXPECT_THAT(session.text("block " + std::to_string(kStack + 2900)),
                HasSubstr("on the stack of thread 1 (worker, tid 77; the debugger's thread 2)\n"));
    EXPECT_THAT(session.text("block " + std::to_string(kStack + 100)),
                HasSubstr("below the stack of thread 1 (worker, tid 77; the debugger's thread 2)"));
    EXPECT_THAT(session.text("block " + std::to_string(kStack + 6000)),
                HasSubstr("on the stack of the debugger's thread 1 (tid 78, not known to "
                          "memtrace)\n"));
    EXPECT_THAT(session.text("block --json " + std::to_string(kStack + 2900)),
                HasSubstr("\"thread\": 1,\n    \"tid\": 77,\n    \"debugger_thread\": 2"));
}

TEST_F(Block, AnAddressBehindABlockIsToldFromItsEnd) {
    EXPECT_THAT(session.text("block " + std::to_string(kBlock + 100)),
                HasSubstr("just past the end of block 0x7f0000001010: size=100 B\n"));
    EXPECT_THAT(session.text("block " + std::to_string(kBlock + 112)),
                HasSubstr("12 B past the end"));
    EXPECT_THAT(session.text("block " + std::to_string(kBlock + 1000)),
                Not(HasSubstr("past the end")));
    EXPECT_THAT(session.text("block 16"), HasSubstr("not mapped"));
    debugger.kind = MTC_TARGET_CORE;
    EXPECT_THAT(session.text("block 16"), HasSubstr("not in this core"));
}

TEST_F(Block, AgeAndThreadAreThoseOfItsStamp) {
    builder.state.stamped = 1;
    build();
    EXPECT_THAT(session.text("block " + std::to_string(kBlock)),
                HasSubstr("domain 0, no stamp: allocated before stamps were on\n"));
    const std::uint64_t region = builder.region_address(kBlock);
    const std::uint64_t stamps = 0x7fff80000000;
    debugger.memory.map(stamps, sizeof(abi::Region::line));
    debugger.memory.put(region + offsetof(abi::Region, stamps), stamps);
    const std::uint64_t line = region + offsetof(abi::Region, line);
    debugger.memory.put(stamps + (builder.word_address(kBlock) - line),
                        abi::make_stamp(3, 1, abi::sequence_of(12)));
    EXPECT_THAT(session.text("block " + std::to_string(kBlock)),
                HasSubstr("domain 0, thread 1 (worker, tid 77), after mark 3, allocation 12\n"));
    EXPECT_THAT(session.text("block --json " + std::to_string(kBlock)),
                HasSubstr("\"mark\": 3,\n      \"sequence\": 12"));
    debugger.stack_pointers = {kStack + 5000, kStack + 3000};
    debugger.system_ids = {78, 77};
    for (const char* command : {"block ", "blocks --neighbours "})
        EXPECT_THAT(session.text(command + std::to_string(kBlock)),
                    HasSubstr("thread 1 (worker, tid 77; the debugger's thread 2), after mark 3"));
}

TEST_F(Block, WithoutTracingThereIsNothingToKnow) {
    builder.root.request = abi::make_request(0, 32, 2);
    build();
    EXPECT_THAT(session.error("block " + std::to_string(kBlock)), HasSubstr("not being traced"));
}

}  // namespace
}  // namespace mt::test
