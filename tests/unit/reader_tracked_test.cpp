// SPDX-License-Identifier: MIT
//
// What a program tracks in domains of its own: rows of every domain, and events on
// them under way, store by store in the runtime's order.
#include "reader_inflight.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kDomain = 5;
constexpr std::uint64_t kKey = 0xdeadbeefcafe0001;  // no address

class ReaderTracked : public InFlight {
  protected:
    ReaderTracked() {
        a_ = builder_.add_stack({0x555555554100}, 1, abi::kRootComplete, kDomain);
        b_ = builder_.add_stack({0x555555554200}, 1, abi::kRootComplete, kDomain);
        builder_.track(kDomain, kKey - 1, b_, 20);
        builder_.add_loss("tracked_busy", 0);
    }
    // Of the entry that was tracked as the `number`th in kDomain.
    static std::uint64_t slot_of(std::uint64_t number) {
        return TableBuilder::part_address(kDomain) + sizeof(abi::TrackedTable) +
               (2 * number + 1) * sizeof(abi::Tracked);
    }
    static std::uint64_t used() {
        return TableBuilder::part_address(kDomain) + offsetof(abi::TrackedTable, used);
    }
    void begin_track(std::uint64_t size, std::uint32_t in, std::uint64_t old_size,
                     std::uint32_t out) {
        name(in, size, out, old_size);
        journal().note_domain(kDomain);
        begin<abi::Op::track>(kKey, out);
    }
    void finish_track() {
        finish();
        walk();
    }
    // An event that a jump or a fork has left just there would be shown like this too.
    void fill_entry(std::uint64_t slot, std::uint64_t size, std::uint32_t stack) {
        add(used(), 1);
        entry(slot, offsetof(abi::Tracked, domain), kDomain);
        entry(slot, offsetof(abi::Tracked, key), kKey);
        entry(slot, offsetof(abi::Tracked, size), size);
        entry(slot, offsetof(abi::Tracked, stack), stack);
    }
};

TEST_F(ReaderTracked, Track) {
    build();
    begin_track(40, a_, 0, 0);
    fill_entry(slot_of(1), 40, a_);
    finish_track();
}

TEST_F(ReaderTracked, TrackThatIsANewPeak) {
    build();
    begin_track(4000, a_, 0, 0);
    fill_entry(slot_of(1), 4000, a_);
    finish_track();
    EXPECT_EQ(figures().peak, 4050);
}

TEST_F(ReaderTracked, TrackOfAKeyThatIsTracked) {
    builder_.track(kDomain, kKey, b_, 33);
    build();
    begin_track(40, a_, 33, b_);
    entry(slot_of(1), offsetof(abi::Tracked, size), 40);
    entry(slot_of(1), offsetof(abi::Tracked, stack), a_);
    finish_track();
}

TEST_F(ReaderTracked, TouchWithTheSameTraceback) {
    builder_.track(kDomain, kKey, a_, 33);
    build();
    const Figures before = figures();
    begin_track(33, a_, 33, a_);
    entry(slot_of(1), offsetof(abi::Tracked, size), 33);
    entry(slot_of(1), offsetof(abi::Tracked, stack), a_);
    finish();
    for (auto& step : steps_) {
        step();
        EXPECT_TRUE(figures() == before);
    }
    EXPECT_EQ(find_trace(read_back(memory_), a_)->alloc_count, 2u);
}

TEST_F(ReaderTracked, Untrack) {
    builder_.track(kDomain, kKey, b_, 33);
    build();
    begin_track(0, 0, 33, b_);
    entry(slot_of(1), offsetof(abi::Tracked, stack), abi::kTrackedTombstone);
    entry(slot_of(1), offsetof(abi::Tracked, stack), 0);
    add(used(), ~std::uint64_t{0});
    finish_track();
}

// The same number in two domains, and as an address: one event is about one of them.
TEST_F(ReaderTracked, UntrackWhereOtherDomainsHaveTheSameKey) {
    const std::uint32_t other = builder_.add_stack({0x555555554100}, 1, abi::kRootComplete, 6);
    builder_.add_tracked(6, kBlock, 0, other);
    builder_.record(other).alloc_count = 1;
    builder_.allocate_at(kBlock, builder_.add_stack({0x555555554300}), 0);
    builder_.track(kDomain, kBlock, b_, 33);
    build();
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::track);
        f.domain = kDomain;
        f.address = kBlock;
        f.old_word = b_;
        f.old_size = 33;
    });
    memory_.put(slot_of(1) + offsetof(abi::Tracked, stack), abi::u32{0});
    const Table table = read_back(memory_);
    int at_key = 0;
    for (const Block& block : table.blocks) at_key += block.address == kBlock ? 1 : 0;
    EXPECT_EQ(at_key, 3);
    EXPECT_EQ(remark(table, "damaged-blocks"), "");
}

TEST_F(ReaderTracked, EveryDomainAndEveryKeyIsARow) {
    TableBuilder builder;
    const std::vector<std::uint32_t> domains = {1, 2, 128, 129, 0x7fffffff, 0xfffffffe, 0xffffffff};
    for (const std::uint32_t domain : domains) {
        const auto id = builder.add_stack({0x555555554100}, 1, abi::kRootComplete, domain);
        // 0xffffffff is a domain like any other here: large blocks have their own table.
        if (domain == 0xffffffff) continue;
        for (const std::uint64_t key : {0ull, 8ull, ~0ull}) builder.track(domain, key, id, 10);
    }
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 3 * (domains.size() - 1));
    EXPECT_EQ(table.current_size, static_cast<std::int64_t>(10 * table.blocks.size()));
    EXPECT_TRUE(table.remarks.empty());
    for (const Trace& trace : table.traces) EXPECT_EQ(trace.size, 30) << trace.domain;
}

TEST_F(ReaderTracked, ARowThatContradictsItsTracebackIsFlagged) {
    builder_.add_tracked(6, kKey, 1, a_);  // which is of domain 5
    builder_.record(a_).alloc_bytes += 1;
    builder_.record(a_).alloc_count += 1;
    memory_ = builder_.build();
    const Table table = read_back(memory_);
    EXPECT_NE(remark(table, "damaged-blocks"), "");
    EXPECT_NE(remark(table, "blocks-differ"), "");
}

TEST_F(ReaderTracked, AKeyThatStandsTwiceIsFlagged) {
    builder_.add_tracked(kDomain, kKey - 1, 20, b_);
    memory_ = builder_.build();
    EXPECT_NE(remark(read_back(memory_), "damaged-blocks"), "");
}

TEST_F(ReaderTracked, APartThatIsNoTableIsLeftOut) {
    build();
    memory_.put(TableBuilder::part_address(kDomain), std::uint64_t{7});
    const Table table = read_back(memory_);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("tracked blocks"));
    EXPECT_THAT(remark(table, "blocks-differ"), HasSubstr("counters 3"));
}

TEST_F(ReaderTracked, TwoPartsAtOnePlaceAreDamage) {
    builder_.add_tracked(6, 1, 1, a_);
    memory_ = builder_.build();
    memory_.put(TableBuilder::kTrackedParts + 6 * 8, TableBuilder::part_address(kDomain));
    const auto table = test::try_read(memory_);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, Code::damaged);
}

// --- threads that pause --------------------------------------------------------

TEST_F(ReaderTracked, ThreadsThatPauseAreCounted) {
    builder_.add_context().pauses = 2;
    builder_.add_context().pauses = 1;
    abi::Context& ended = builder_.add_context();
    ended.pauses = 1;
    ended.tid = 0;
    abi::Context& of_the_parent = builder_.add_context();
    of_the_parent.pauses = 1;
    of_the_parent.pid = 1;
    memory_ = builder_.build();
    EXPECT_EQ(read_back(memory_).status.paused_threads, 2u);
    EXPECT_FALSE(read_back(memory_).status.paused);
}

}  // namespace
}  // namespace mt::core
