// SPDX-License-Identifier: MIT
//
// Events under way: after each store that the runtime makes for one, in its
// order, every figure is that of before or of after (docs/invariants.md), the figures
// agree with each other, and the remark appears only while an event is open.
#include "reader_inflight.h"

namespace mt::core {
namespace {

TEST_F(InFlight, AllocationBelowThePeak) {
    build();
    name(a_, 40, 0, 0);
    begin<abi::Op::allocate>(kBlock);
    store(slot(kBlock), abi::make_word(kBlock, 40, a_));
    finish();
    walk();
}

// What an earlier event of another kind left in the journal is not this one's.
TEST_F(InFlight, FieldsThatTheOperationDoesNotNameAreIgnored) {
    builder_.allocate_at(kElsewhere, b_, 33);
    abi::Inflight& old = builder_.context(0).inflight;
    old.old_word = abi::make_word(kElsewhere, 33, b_);
    old.old_size = 33;
    old.new_address = kElsewhere;
    old.free_record = builder_.record_address(b_);
    old.before_free_bytes = 1 << 20;
    build();
    const std::int64_t before = figures().size;
    name(a_, 40, 0, 0);
    begin<abi::Op::allocate>(kBlock);
    store(slot(kBlock), abi::make_word(kBlock, 40, a_));
    finish();
    walk();
    EXPECT_EQ(figures().size, before + 40);
}

TEST_F(InFlight, AllocationThatIsANewPeak) {
    build();
    name(a_, 4000, 0, 0);
    begin<abi::Op::allocate>(kBlock);
    store(slot(kBlock), abi::make_word(kBlock, 4000, a_));
    finish();
    walk();
    EXPECT_EQ(figures().peak, 4030);
}

TEST_F(InFlight, AllocationOverABlockWhoseFreeWasNotSeen) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    name(a_, 40, b_, 33);
    begin<abi::Op::move>(kBlock, builder_.word(kBlock));
    store(flight_ + offsetof(abi::Inflight, new_address), kBlock);
    store(builder_.word_address(kBlock), abi::make_word(kBlock, 40, a_));
    finish();
    walk();
}

TEST_F(InFlight, Free) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    name(0, 0, b_, 33);
    begin<abi::Op::free>(kBlock, builder_.word(kBlock));
    store(builder_.word_address(kBlock), 0);
    finish();
    walk();
}

TEST_F(InFlight, FreeOfALargeBlock) {
    const std::uint64_t size = 6ull << 30;
    builder_.allocate_at(kBlock, b_, size);
    builder_.add_tracked(abi::kDomainLarge, kBlock, size, b_);
    build();
    name(0, 0, b_, size);
    begin<abi::Op::free>(kBlock, builder_.word(kBlock));
    store(builder_.word_address(kBlock), 0);
    const std::uint64_t slot = TableBuilder::kTracked + sizeof(abi::TrackedTable) +
                               sizeof(abi::Tracked) + offsetof(abi::Tracked, stack);
    steps_.push_back([=, this] { memory_.put(slot, abi::kTrackedTombstone); });
    finish();
    walk();
}

TEST_F(InFlight, MoveToAnotherPlace) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    name(0, 0, 0, 33);
    begin<abi::Op::move>(kBlock, builder_.word(kBlock));
    store(builder_.word_address(kBlock), 0);  // the real realloc runs
    name(a_, 66, b_, 33);
    journal().go_on(kElsewhere, change_);
    store(slot(kElsewhere), abi::make_word(kElsewhere, 66, a_));
    finish();
    walk();
}

TEST_F(InFlight, MoveInPlaceWithTheSameTraceback) {
    builder_.allocate_at(kBlock, a_, 33);
    build();
    name(0, 0, 0, 33);
    begin<abi::Op::move>(kBlock, builder_.word(kBlock));
    store(builder_.word_address(kBlock), 0);
    name(a_, 400, a_, 33);
    journal().go_on(kBlock, change_);
    store(slot(kBlock), abi::make_word(kBlock, 400, a_));
    finish();
    walk();
}

// Between our erase and our insert another thread gets the old address.
TEST_F(InFlight, MoveWhoseOldAddressIsTakenByAnotherThread) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    const std::uint64_t word = builder_.word(kBlock);
    memory_.put(builder_.word_address(kBlock), abi::make_word(kBlock, 5, a_));
    memory_.change<abi::Record>(builder_.record_address(a_), [](abi::Record& r) {
        r.alloc_bytes += 5;
        r.alloc_count += 1;
    });
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::move);
        f.address = kBlock;
        f.old_word = word;
        f.old_size = 33;
    });
    const Figures f = figures();
    EXPECT_EQ(f.blocks.size(), 4u);  // both at the one address, as the counters say
}

// A word at the new address that the event has not put there stays.
TEST_F(InFlight, MoveOntoAStaleWord) {
    builder_.allocate_at(kBlock, b_, 33);
    builder_.allocate_at(kElsewhere, b_, 5);
    build();
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::move);
        f.address = kBlock;
        f.new_address = kElsewhere;
        f.size = 66;
        f.old_word = builder_.word(kBlock);
        f.old_size = 33;
    });
    EXPECT_EQ(figures().blocks.size(), 4u);
}

}  // namespace
}  // namespace mt::core
