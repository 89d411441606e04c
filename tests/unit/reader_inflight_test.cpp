// SPDX-License-Identifier: MIT
//
// Events under way: after each store that the runtime makes for one, in its
// order, every figure is that of before or of after (contract 13), the figures
// agree with each other, and the remark appears only while an event is open.
#include "reader_inflight.h"

namespace mt::core {
namespace {

TEST_F(InFlight, AllocationBelowThePeak) {
    build();
    keep_peak(a_);
    begin(abi::Op::allocate, kBlock, 40, 0, 0, a_, 0);
    store(slot(kBlock), abi::make_word(kBlock, 40, a_));
    apply(a_, 40, 0, 0);
    finish(40);
    walk();
}

// What an earlier event of another kind left in the journal is not this one's.
TEST_F(InFlight, FieldsThatTheOperationDoesNotNameAreIgnored) {
    builder_.allocate_at(kElsewhere, b_, 33);
    build();
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.old_word = builder_.word(kElsewhere);
        f.old_size = 33;
        f.new_address = kElsewhere;
        f.free_record = builder_.record_address(b_);
        f.before_free_bytes = 1 << 20;
    });
    const std::int64_t before = figures().size;
    keep_peak(a_);
    flight(offsetof(abi::Inflight, address), kBlock);
    flight(offsetof(abi::Inflight, size), 40);
    flight(offsetof(abi::Inflight, before_alloc_bytes), builder_.record(a_).alloc_bytes);
    flight(offsetof(abi::Inflight, before_alloc_count), builder_.record(a_).alloc_count);
    flight(offsetof(abi::Inflight, alloc_record), builder_.record_address(a_));
    op_ = static_cast<std::uint64_t>(abi::Op::allocate);
    flight(offsetof(abi::Inflight, op), op_);
    store(slot(kBlock), abi::make_word(kBlock, 40, a_));
    apply(a_, 40, 0, 0);
    finish(40);
    walk();
    EXPECT_EQ(figures().size, before + 40);
}

TEST_F(InFlight, AllocationThatIsANewPeak) {
    build();
    keep_peak(a_);
    begin(abi::Op::allocate, kBlock, 4000, 0, 0, a_, 0);
    store(slot(kBlock), abi::make_word(kBlock, 4000, a_));
    apply(a_, 4000, 0, 0);
    finish(4000);
    walk();
    EXPECT_EQ(figures().peak, 4030);
}

TEST_F(InFlight, AllocationOverABlockWhoseFreeWasNotSeen) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    const std::uint64_t word = builder_.word(kBlock);
    keep_peak(a_);
    keep_peak(b_);
    begin(abi::Op::move, kBlock, 40, word, 33, a_, b_);
    flight(offsetof(abi::Inflight, new_address), kBlock);
    store(builder_.word_address(kBlock), abi::make_word(kBlock, 40, a_));
    apply(a_, 40, b_, 33);
    finish(7);
    walk();
}

TEST_F(InFlight, Free) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    keep_peak(b_);
    begin(abi::Op::free, kBlock, 0, builder_.word(kBlock), 33, 0, b_);
    store(builder_.word_address(kBlock), 0);
    apply(0, 0, b_, 33);
    finish(-33);
    walk();
}

TEST_F(InFlight, FreeOfALargeBlock) {
    const std::uint64_t size = 6ull << 30;
    builder_.allocate_at(kBlock, b_, size);
    builder_.add_tracked(abi::kDomainLarge, kBlock, size, b_);
    build();
    keep_peak(b_);
    begin(abi::Op::free, kBlock, 0, builder_.word(kBlock), size, 0, b_);
    store(builder_.word_address(kBlock), 0);
    const std::uint64_t slot = TableBuilder::kTracked + sizeof(abi::TrackedTable) +
                               sizeof(abi::Tracked) + offsetof(abi::Tracked, stack);
    steps_.push_back([=, this] { memory_.put(slot, abi::kTrackedTombstone); });
    apply(0, 0, b_, size);
    finish(-static_cast<std::int64_t>(size));
    walk();
}

TEST_F(InFlight, MoveToAnotherPlace) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    begin(abi::Op::move, kBlock, 0, builder_.word(kBlock), 33, 0, 0);
    store(builder_.word_address(kBlock), 0);  // the real realloc runs
    keep_peak(a_);
    keep_peak(b_);
    flight(offsetof(abi::Inflight, size), 66);
    note_before(a_, b_);
    flight(offsetof(abi::Inflight, new_address), kElsewhere);
    store(slot(kElsewhere), abi::make_word(kElsewhere, 66, a_));
    apply(a_, 66, b_, 33);
    finish(33);
    walk();
}

TEST_F(InFlight, MoveInPlaceWithTheSameTraceback) {
    builder_.allocate_at(kBlock, a_, 33);
    build();
    begin(abi::Op::move, kBlock, 0, builder_.word(kBlock), 33, 0, 0);
    store(builder_.word_address(kBlock), 0);
    keep_peak(a_);
    flight(offsetof(abi::Inflight, size), 400);
    note_before(a_, a_);
    flight(offsetof(abi::Inflight, new_address), kBlock);
    store(slot(kBlock), abi::make_word(kBlock, 400, a_));
    apply(a_, 400, a_, 33);
    finish(367);
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
