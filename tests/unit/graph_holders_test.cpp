// SPDX-License-Identifier: MIT
//
// What is held when the only holder is this or that: the rows on which LeakSanitizer and
// Valgrind's memcheck differ, and those on which they agree.
#include <gtest/gtest.h>

#include "graph_program.h"

namespace mt::test {
namespace {

struct Holders : testing::Test {
    Program program;
    std::uint64_t block = program.add(64);
    graph::ScanOptions options;

    Held held() const { return Answers(program, options).held(block); }
};

TEST_F(Holders, GlobalToTheBeginning) {
    program.put_global(block);
    EXPECT_EQ(held(), Held::by_beginnings);
}

TEST_F(Holders, NothingAtAll) {
    EXPECT_EQ(held(), Held::not_at_all);
    const Answers answers(program);
    ASSERT_EQ(answers.leaks.leaks.size(), 1u);
    EXPECT_EQ(answers.leaks.leaks[0].bytes, 64u);
}

TEST_F(Holders, GlobalToTheMiddle) {
    program.put_global(block + 20);
    EXPECT_EQ(held(), Held::by_interior);
    options.rules.strict = true;
    EXPECT_EQ(held(), Held::not_at_all);
}

// A second base class, or behind a cookie: whoever knows types says so.
TEST_F(Holders, PlaceThatIsAsGoodAsTheBeginning) {
    program.put_global(block + 16);
    options.rules.is_beginning = [](Number, std::uint64_t offset) { return offset == 16; };
    EXPECT_EQ(held(), Held::by_beginnings);
    options.rules.strict = true;
    EXPECT_EQ(held(), Held::by_beginnings);
    options.rules.is_beginning = nullptr;
    EXPECT_EQ(held(), Held::not_at_all);
}

TEST_F(Holders, TagInTheLowBits) {
    program.put_global(block | 5);
    EXPECT_EQ(held(), Held::by_interior);
    options.rules.low_tags = 7;
    EXPECT_EQ(held(), Held::by_beginnings);
    options.rules.strict = true;
    EXPECT_EQ(held(), Held::by_beginnings);
    options.rules.low_tags = 3;
    EXPECT_EQ(held(), Held::not_at_all);
}

TEST_F(Holders, TagThatLeadsOutOfTheBlock) {
    const std::uint64_t small = program.add(4);
    program.put_global(small | 7);
    EXPECT_EQ(Answers(program, options).held(small), Held::not_at_all);
    options.rules.low_tags = 7;
    EXPECT_EQ(Answers(program, options).held(small), Held::by_beginnings);
}

TEST_F(Holders, TagInTheTopByteAndXor) {
    program.put_global(block | 0x7f00000000000000);
    program.put_global(block ^ 0x5555555555555555);
    EXPECT_EQ(held(), Held::not_at_all);
    options.rules.tag_mask = 0xff00000000000000;
    EXPECT_EQ(held(), Held::by_beginnings);
}

TEST_F(Holders, OnePastTheEnd) {
    program.put_global(block + 64);
    EXPECT_EQ(held(), Held::not_at_all);
}

// `new D[0]`: all that there is is the count, and the program keeps what is behind it.
TEST_F(Holders, EndOfAnArrayOfNone) {
    const std::uint64_t cookie = program.add(8);
    program.put_global(cookie + 8);
    options.rules.strict = true;
    EXPECT_EQ(Answers(program, options).held(cookie), Held::by_beginnings);
}

TEST_F(Holders, BlockOfSizeZero) {
    const std::uint64_t nothing = program.add(0);
    program.put_global(nothing);
    EXPECT_EQ(Answers(program).held(nothing), Held::by_beginnings);
    program.put(Program::kGlobals, nothing + 1);
    EXPECT_EQ(Answers(program).held(nothing), Held::not_at_all);
}

TEST_F(Holders, WordThatIsNotAligned) {
    program.put(Program::kGlobals + 4, block);
    EXPECT_EQ(held(), Held::not_at_all);
}

TEST_F(Holders, MappingThreadLocalStackAndRegister) {
    program.map(0x600000000000, 4096);
    program.put(0x600000000100, block);
    EXPECT_EQ(held(), Held::not_at_all);
    for (const RootClass root_class :
         {RootClass::mapping, RootClass::thread_local_storage, RootClass::stack}) {
        program.roots = {{root_class, 7, {0x600000000000, 4096}, 0}};
        const Answers answers(program);
        EXPECT_EQ(answers.held(block), Held::by_beginnings);
        const graph::RootEdge& edge = answers.scanned.root_edges.at(0);
        EXPECT_EQ(edge.slot, 0x600000000100u);
        EXPECT_EQ(program.roots[edge.root].id, 7u);
    }
    program.roots.clear();
    program.add_register(block);
    const Answers answers(program);
    EXPECT_EQ(answers.held(block), Held::by_beginnings);
    EXPECT_EQ(answers.scanned.root_edges.at(0).slot, 0u);
}

// Its contents are intact, and it is not among the blocks any more.
TEST_F(Holders, BlockThatWasFreed) {
    const std::uint64_t holder = program.add(32);
    program.put(holder, block);
    program.put_global(holder);
    EXPECT_EQ(held(), Held::by_beginnings);
    program.blocks.pop_back();
    EXPECT_EQ(held(), Held::not_at_all);
}

TEST_F(Holders, Itself) {
    program.put(block + 8, block);
    const Answers answers(program);
    ASSERT_EQ(answers.leaks.leaks.size(), 1u);
    EXPECT_EQ(answers.leaks.leaks[0].members, 1u);
    EXPECT_TRUE(answers.scanned.edges.targets.empty());
}

// The last word that fits, and the one that does not.
TEST_F(Holders, WordAtTheEndOfABlock) {
    const std::uint64_t holder = program.add(20);
    program.add(16);  // or the scan ends before the word
    program.put_global(holder);
    program.map(holder, 24);
    program.put(holder + 16, block);
    EXPECT_EQ(held(), Held::not_at_all);
    program.blocks[1].size = 24;
    EXPECT_EQ(held(), Held::by_beginnings);
}

// A mapping is given with the blocks in it: what they hold is theirs, what is beside is a root.
TEST_F(Holders, RootRangeAroundBlocks) {
    const std::uint64_t other = program.add(16);
    program.add_root(RootClass::mapping, {Program::kHeap, 4096});
    program.put(block, other);
    EXPECT_EQ(Answers(program).held(other), Held::not_at_all);
    program.map(block + 64, 16);
    program.put(block + 72, block);
    EXPECT_EQ(Answers(program).held(other), Held::by_beginnings);
}

}  // namespace
}  // namespace mt::test
