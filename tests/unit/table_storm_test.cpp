// SPDX-License-Identifier: MIT
//
// Threads at work on one depot, one set of counters, one table of sizes and one of blocks, as
// in a traced process. What must be true afterwards is checked in every build; scripts/check
// runs this and keys_test under ThreadSanitizer, which sees the races that went well. Makes
// no event of the hooks: tests/faults storms those.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "journal/journal.h"
#include "os/pages.h"
#include "support/libc_pages.h"
#include "table/counters.h"
#include "table/depot.h"
#include "table/header.h"

namespace mt::runtime {
namespace {

using test::pages_from_libc;

constexpr u64 kThreads = 4;

void at_once(const std::function<void(u64 number)>& work) {
    std::atomic<u64> ready = 0;
    std::vector<std::thread> threads;
    for (u64 number = 0; number < kThreads; ++number) {
        threads.emplace_back([&, number] {
            ++ready;
            while (ready < kThreads) std::this_thread::yield();
            work(number);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

class TableStorm : public testing::Test {
  protected:
    TableStorm() {
        os::page_source = pages_from_libc;
        EXPECT_TRUE(make_header());
        state_ = make_state(1, 0, nullptr);
    }
    ~TableStorm() override {
        while (state_->pool.release_some()) {
        }
        release_state(*state_);
    }

    LiveState* state_;
};

// --- the depot ---

// A stack of its own for each number, of which many share their outer frames; all of them in
// the code of this program.
void fill(Capture& capture, u64 number) {
    const u64 code = reinterpret_cast<u64>(&pages_from_libc);
    capture.count = 2 + static_cast<u32>(number % 7);
    capture.root = kRootComplete;
    u64 hash = chain_seed(kRootComplete);
    for (u32 frame = capture.count; frame-- > 0;) {
        // The innermost has the number, those outside it a part of that.
        const u64 place = frame == 0 ? number : (number >> 4) % (frame + 3);
        capture.pcs[frame] = code + 1 + place % 512 + (place / 512 << 3) % 512;
        hash = stack::chain_hash(hash, capture.pcs[frame]);
        capture.hashes[frame] = hash;
    }
    capture.key = hash;
    capture.fresh = capture.count;
}

// As an event does; until it is there, for a lock that is busy is a loss.
u32 intern_patiently(Capture& capture) {
    u32 id = known_stack(capture.key);
    while (id == 0 || id == kStackDepotFull) id = intern(capture);
    return id;
}
u32 intern_patiently(u32 stack, u32 domain) {
    u32 id = kStackDepotFull;
    while (id == kStackDepotFull) id = intern_in_domain(stack, domain);
    return id;
}

TEST_F(TableStorm, OneStackHasOneIdWhoeverComesFirst) {
    constexpr u64 kStacks = 6000;  // past several tables of the index
    struct Ids {
        u32 plain, other;
    };
    std::vector<std::vector<Ids>> ids(kThreads, std::vector<Ids>(kStacks));
    at_once([&](u64 number) {
        const auto capture = std::make_unique<Capture>();
        for (u64 i = 0; i < kStacks; ++i) {
            // Each begins elsewhere, so that each is the first one sometimes.
            const u64 stack = (i + number * kStacks / kThreads) % kStacks;
            fill(*capture, stack);
            Ids& mine = ids[number][stack];
            mine.plain = intern_patiently(*capture);
            mine.other = intern_patiently(mine.plain, 1 + static_cast<u32>(stack % 3));
        }
    });
    for (u64 stack = 0; stack < kStacks; ++stack) {
        const auto capture = std::make_unique<Capture>();
        fill(*capture, stack);
        for (u64 number = 0; number < kThreads; ++number) {
            ASSERT_EQ(ids[number][stack].plain, ids[0][stack].plain) << stack;
            ASSERT_EQ(ids[number][stack].other, ids[0][stack].other) << stack;
            ASSERT_NE(ids[number][stack].other, ids[0][stack].plain) << stack;
        }
        ASSERT_EQ(intern_patiently(*capture), ids[0][stack].plain);
    }
}

// --- the counters ---

// A thread's events on records that it alone writes, its sums and the peak.
class Counting {
  public:
    explicit Counting(LiveState& state) : state_(state) {
        context_ = static_cast<Context*>(process_pool.take_mapping(sizeof(Context)));
        context_->tid = 1;
        push_front(header()->contexts, *context_);
        shard_ = make_shard(state, address_of(context_));
    }
    void allocate(u32 stack, u64 size) {
        Record* record = record_of(state_, *shard_, stack);
        event<Op::allocate>({record, size, nullptr, 0});
    }
    void free(u32 stack, u64 size) {
        Record* record = record_of(state_, *shard_, stack);
        event<Op::free>({nullptr, 0, record, size});
    }
    void leave() { publish(context_->tid, 0); }
    i64 net() const { return net_bytes(*shard_); }

  private:
    template <Op kOp>
    void event(const Change& change) {
        publish(context_->busy, address_of(&change));
        const Journal journal(*context_);
        journal.keep_peak(load(state_.peak_epoch), kOp == Op::free ? *change.out : *change.in);
        journal.begin<kOp>(8, 0, change);
        journal.apply(change);
        journal.commit_event(*shard_, change);
        journal.end();
        if (passes_limit(*shard_)) settle_peak(state_, *shard_);
        publish(context_->busy, 0);
    }

    LiveState& state_;
    Context* context_;
    Shard* shard_;
};

TEST_F(TableStorm, SumsAndPeakAreRightWhoeverLooksMeanwhile) {
    constexpr u64 kRounds = 3000;
    constexpr u64 kSize = 100;
    constexpr i64 kKept = static_cast<i64>(kRounds * kSize);
    std::array<i64, kThreads> net = {};
    std::atomic<u64> working = kThreads - 1;
    at_once([&](u64 number) {
        if (number == 0) {  // who sets conditions, and begins the peak anew
            for (u64 i = 1; working > 0; ++i) {
                current_blocks(*state_);  // of a moment that never was: any number
                current_bytes(*state_);
                set_ceiling(*state_, static_cast<i64>(i * 1000));
                reset_peak(*state_, i);
            }
            return;
        }
        Counting counting(*state_);
        for (u64 i = 0; i < kRounds; ++i) {
            const u32 stack = kReservedStacks + static_cast<u32>(i * 37 % 5000);
            counting.allocate(stack, 10 * kSize);
            counting.allocate(stack + 1, kSize);
            counting.free(stack, 10 * kSize);
        }
        net[number] = counting.net();
        counting.leave();
        --working;
    });
    for (u64 number = 1; number < kThreads; ++number) EXPECT_EQ(net[number], kKept);
    EXPECT_EQ(current_bytes(*state_), kKept * static_cast<i64>(kThreads - 1));
    // Alone now: the next event's peak is exact.
    Counting last(*state_);
    const i64 before = current_bytes(*state_);
    last.allocate(kReservedStacks, 1u << 30);
    EXPECT_EQ(state_->peak_bytes, before + (1 << 30));
}

// --- sizes and blocks ---

// Each thread has addresses of its own, as owners of blocks have.
TEST_F(TableStorm, LargeSizesAreFoundWhileTheTableGrows) {
    constexpr u64 kEach = 3000;
    at_once([&](u64 number) {
        const auto key = [&](u64 i) { return (i * kThreads + number) << 4; };
        const auto put = [&](u64 i, u64 size) {
            while (!state_->sizes.insert(kDomainLarge, key(i), size, 20)) {
            }
        };
        for (u64 i = 0; i < kEach; ++i) {
            put(i, i + 1);
            const Tracked* entry = state_->sizes.find(kDomainLarge, key(i));
            ASSERT_NE(entry, nullptr);
            ASSERT_EQ(entry->size, i + 1);
            if (i % 2 == 1) state_->sizes.erase(kDomainLarge, key(i));
            if (i % 4 == 3) put(i, 7);  // the address has another block
        }
        for (u64 i = 3; i < kEach; i += 4) {
            const Tracked* entry = state_->sizes.find(kDomainLarge, key(i));
            ASSERT_NE(entry, nullptr);
            ASSERT_EQ(entry->size, 7u);
        }
    });
}

// Neighbours in one page are of different threads.
TEST_F(TableStorm, BlocksOfOnePageAreOfAnyThread) {
    constexpr u64 kBase = u64{0x7000} << 20;
    constexpr u64 kPages = 64;
    constexpr u64 kGap = 16;  // bytes: lines, both sheets and leaves are all needed
    at_once([&](u64 number) {
        const auto address = [&](u64 i) { return kBase + (i * kThreads + number) * kGap; };
        constexpr u64 kEach = kPages * kPageSize / kGap / kThreads;
        for (int round = 0; round < 3; ++round) {
            for (u64 i = 0; i < kEach; ++i) {
                const u64 size = i % 5 == 0 ? kSmallBlock : 24;
                ASSERT_TRUE(state_->blocks.insert(address(i), make_word(address(i), size, 20)));
            }
            for (u64 i = 0; i < kEach; ++i) {
                u64* word = state_->blocks.find(address(i));
                ASSERT_NE(word, nullptr);
                ASSERT_EQ(word_size(load(*word)), i % 5 == 0 ? kSmallBlock : 24);
                publish(*word, 0);
            }
        }
    });
}

#if defined(__SANITIZE_THREAD__)
// Or else the runs above would show nothing.
TEST(ThreadSanitizerDeathTest, ReportsARace) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto race = [] {
        u64 word = 0;
        std::thread other([&] { publish(word, 1); });
        word += 1;
        other.join();
        std::exit(0);  // as which it ends where nothing is seen
    };
    EXPECT_EXIT(race(), testing::ExitedWithCode(66), "data race");
}
#endif

}  // namespace
}  // namespace mt::runtime
