// SPDX-License-Identifier: MIT
//
// The tables of tracked keys by themselves: against a map, through growth and churn,
// with keys that differ in any bits, and when a lock or memory cannot be had.
#include "table/keys.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

#include "os/pages.h"
#include "support/libc_pages.h"

namespace mt::runtime {
namespace {

class KeysTest : public testing::Test {
  protected:
    KeysTest() {
        os::page_source = test::pages_from_libc;
        keys_.attach(pool_, parts_);
    }
    ~KeysTest() override {
        while (pool_.release_some()) {
        }
    }
    bool track(u32 domain, u64 key, u64 size, u32 stack = 20) {
        Keys::Held held(keys_, domain, key, true);
        if (!held.reserve()) return false;
        held.set(size, stack, 0);
        return true;
    }
    bool untrack(u32 domain, u64 key) {
        Keys::Held held(keys_, domain, key, false);
        const bool known = held.entry() != nullptr;
        held.erase();
        return known;
    }
    // 0: not there.
    u64 size_of(u32 domain, u64 key) {
        const Keys::Held held(keys_, domain, key, false);
        return held.entry() != nullptr ? held.entry()->size : 0;
    }
    // As a reader sees them.
    std::map<std::pair<u32, u64>, u64> rows() const {
        std::map<std::pair<u32, u64>, u64> rows;
        const auto* tables = reinterpret_cast<const u64*>(parts_);
        for (u32 part = 0; tables != nullptr && part < kTrackedParts; ++part) {
            const auto* table = reinterpret_cast<const TrackedTable*>(tables[part]);
            const auto* slot = reinterpret_cast<const Tracked*>(table + 1);
            u64 seen = 0;
            for (u64 i = 0; table != nullptr && i < table->capacity; ++i) {
                if (slot[i].stack == 0) continue;
                ++seen;
                if (slot[i].stack == kTrackedTombstone) continue;
                EXPECT_TRUE(
                    rows.emplace(std::pair{slot[i].domain, slot[i].key}, slot[i].size).second);
            }
            if (table != nullptr) {
                EXPECT_LE(seen, table->used);
            }
        }
        return rows;
    }

    Pool pool_;
    u64 parts_ = 0;
    Keys keys_;
};

TEST_F(KeysTest, NothingIsThereBeforeTheFirst) {
    EXPECT_FALSE(keys_.any());
    EXPECT_FALSE(untrack(1, 2));
    EXPECT_EQ(pool_.mapped_bytes(), 0u);
}

TEST_F(KeysTest, EqualsAMapThroughRandomChanges) {
    std::mt19937_64 random(1);
    std::map<std::pair<u32, u64>, u64> expected;
    for (int i = 0; i < 400'000; ++i) {
        const u32 domain = static_cast<u32>(random() % 3) * 0x7fffffff;
        const u64 key = (random() % 5000) << (i % 3 == 0 ? 40 : 0);
        if (random() % 2 == 0) {
            const u64 size = random();
            ASSERT_TRUE(track(domain, key, size));
            expected[{domain, key}] = size;
        } else {
            EXPECT_EQ(untrack(domain, key), expected.erase({domain, key}) == 1);
        }
    }
    EXPECT_EQ(rows(), expected);
    for (const auto& [key, size] : expected) ASSERT_EQ(size_of(key.first, key.second), size);
}

// Which is what handles, pages of a device and packed numbers are.
TEST_F(KeysTest, KeysMayDifferInAnyBits) {
    for (unsigned shift = 0; shift <= 48; shift += 8) {
        for (u64 i = 1; i <= 20'000; ++i) ASSERT_TRUE(track(shift, i << shift, i));
    }
    u64 most = 0, least = ~u64{0};
    const auto* tables = reinterpret_cast<const u64*>(parts_);
    for (u32 part = 0; part < kTrackedParts; ++part) {
        const u64 used = reinterpret_cast<const TrackedTable*>(tables[part])->used;
        most = std::max(most, used);
        least = std::min(least, used);
    }
    EXPECT_LT(most, least * 2) << "some part has more than its share";
}

// A thousand keys come and go a million times: that costs no memory.
TEST_F(KeysTest, ChurnTakesNoMemory) {
    std::mt19937_64 random(2);
    std::vector<u64> live(1000);
    for (u64& key : live) ASSERT_TRUE(track(1, key = random(), 1));
    u64 settled = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        u64& key = live[random() % live.size()];
        ASSERT_TRUE(untrack(1, key));
        ASSERT_TRUE(track(1, key = random(), 1));
        if (i == 50'000) settled = 2 * pool_.mapped_bytes();  // each part has its spare table
    }
    EXPECT_LE(pool_.mapped_bytes(), settled);
    EXPECT_EQ(rows().size(), live.size());
}

// Tables that were left are given back: of a million keys about 3 times their bytes.
TEST_F(KeysTest, GrowthLeavesLittleBehind) {
    constexpr u64 kCount = 1'000'000;
    for (u64 i = 0; i < kCount; ++i) ASSERT_TRUE(track(1, i, i));
    EXPECT_LT(pool_.mapped_bytes(), kCount * sizeof(Tracked) * 3);
    for (u64 i = 0; i < kCount; ++i) ASSERT_TRUE(untrack(1, i));
    EXPECT_TRUE(rows().empty());
    const u64 mapped = pool_.mapped_bytes();
    for (u64 i = 0; i < kCount; ++i) ASSERT_TRUE(track(1, ~i, i));
    EXPECT_LE(pool_.mapped_bytes(), mapped * 11 / 10);
}

TEST_F(KeysTest, ThreadsMeetAndNothingIsLost) {
    constexpr u64 kEach = 50'000;
    std::vector<std::thread> threads;
    for (u64 number = 0; number < 4; ++number) {
        threads.emplace_back([this, number] {
            for (u64 i = 0; i < kEach; ++i) {
                ASSERT_TRUE(track(1, i << 2 | number, 7));
                ASSERT_TRUE(track(2, i, number));  // the same key as the others
                if (i % 2 == 0) {
                    ASSERT_TRUE(untrack(1, i << 2 | number));
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(rows().size(), 4 * kEach / 2 + kEach);
}

TEST_F(KeysTest, WhoHoldsTheLockAlreadyIsTold) {
    ASSERT_TRUE(track(1, 5, 50));
    Keys::Held outer(keys_, 1, 5, true);
    [this] {  // a signal handler's frame
        Keys::Held inner(keys_, 1, 5, true);
        EXPECT_TRUE(inner.is_busy());
        EXPECT_EQ(inner.entry(), nullptr);
        EXPECT_FALSE(inner.reserve());
        inner.erase();
    }();
    ASSERT_NE(outer.entry(), nullptr);
    EXPECT_EQ(outer.entry()->size, 50u);
}

// What undo and a fork's child do with an event that was left half way.
TEST_F(KeysTest, WhatAnEventHadChangedIsPutBack) {
    ASSERT_TRUE(track(1, 5, 50, 21));
    auto leave = [this](u64 key, auto change) {  // with the lock, as a jump does
        alignas(Keys::Held) char room[sizeof(Keys::Held)];
        auto* held = new (room) Keys::Held(keys_, 1, key, true);
        EXPECT_FALSE(held->is_busy());
        EXPECT_TRUE(held->reserve());
        change(*held);
    };
    leave(5, [](Keys::Held& held) { held.set(60, 22, 9); });
    keys_.put_back(1, 5, 50, 21, 0);
    EXPECT_EQ(size_of(1, 5), 50u);
    leave(5, [](Keys::Held& held) { held.erase(); });
    keys_.put_back(1, 5, 50, 21, 0);
    EXPECT_EQ(size_of(1, 5), 50u);
    leave(6, [](Keys::Held& held) { held.set(60, 22, 9); });
    keys_.put_back(1, 6, 0, 0, 0);
    leave(6, [](Keys::Held&) {});
    keys_.put_back(1, 6, 0, 0, 0);
    EXPECT_EQ(rows().size(), 1u);
}

TEST_F(KeysTest, WithoutMemoryNothingChanges) {
    ASSERT_TRUE(track(1, 1, 10));
    const os::PageSource source = os::page_source;
    os::page_source = [](void*, std::size_t) -> void* { return nullptr; };
    u64 refused = 0, key = 2;
    for (; key < 200'000 && refused == 0; ++key) refused += track(1, key, key) ? 0 : 1;
    EXPECT_EQ(refused, 1u);
    EXPECT_EQ(rows().size(), key - 2);
    EXPECT_TRUE(untrack(1, 2));
    os::page_source = source;
    EXPECT_TRUE(track(1, key, key));
}

}  // namespace
}  // namespace mt::runtime
