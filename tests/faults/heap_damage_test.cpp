// SPDX-License-Identifier: MIT
//
// Heaps that somebody has written over: each of them is walked to an end, what is left of it is
// shown, and what is wrong has an address. Words of the heap and of the allocator's own books are
// replaced in a copy of a real program's memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "app/heap/troubles.h"
#include "heap/heap.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace heap = core::heap;
using Clock = std::chrono::steady_clock;

// All that a stopped program can write.
class Copy {
  public:
    explicit Copy(pid_t pid) : mappings(core::process_mappings(pid)) {
        ProcessMemory memory(pid);
        for (const core::Mapping& mapping : mappings) {
            if (!mapping.writable) continue;
            std::vector<std::uint64_t> words((mapping.end - mapping.start) / 8);
            const auto got = memory.read(mapping.start, words.data(), words.size() * 8);
            if (got && *got == words.size() * 8) pieces[mapping.start] = std::move(words);
        }
    }
    core::ReadFunction read() {
        return [this](std::uint64_t address, void* out,
                      std::size_t size) -> core::Result<std::size_t> {
            auto piece = pieces.upper_bound(address);
            if (piece == pieces.begin()) return std::size_t{0};
            --piece;
            const std::uint64_t bytes = piece->second.size() * 8, at = address - piece->first;
            if (at >= bytes) return std::size_t{0};
            const auto had = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes - at));
            std::memcpy(out, reinterpret_cast<const char*>(piece->second.data()) + at, had);
            return had;
        };
    }
    std::uint64_t& word(std::uint64_t address) {
        const auto piece = std::prev(pieces.upper_bound(address));
        return piece->second.at(static_cast<std::size_t>((address - piece->first) / 8));
    }

    std::vector<core::Mapping> mappings;
    std::map<std::uint64_t, std::vector<std::uint64_t>> pieces;
};

class DamagedHeaps : public testing::Test {
  protected:
    void SetUp() override {
        tracee_ = std::make_unique<Tracee>(Launch{.program = program_path("random_heap"),
                                                  .arguments = {"4"},
                                                  .environment = {},
                                                  .preload = false});
        ASSERT_TRUE(tracee_->wait_for_stop());
        copy_ = std::make_unique<Copy>(tracee_->pid());
        const auto sound = walk();
        ASSERT_EQ(sound.size(), 1u);
        sound_ = blocks_of(sound.front());
        ASSERT_GT(sound_.size(), 500u);
        main_ = sound.front().books.arenas.front().address;
        arena_bytes_ = sound.front().books.layout.size();
    }
    std::vector<heap::Heap> walk() {
        auto heaps = heap::find_heaps(copy_->read(), copy_->mappings, {}, {});
        EXPECT_TRUE(heaps);
        return heaps ? std::move(*heaps) : std::vector<heap::Heap>();
    }
    static std::set<std::uint64_t> blocks_of(const heap::Heap& one) {
        std::set<std::uint64_t> blocks;
        const auto done = heap::each_block(
            one, [&](auto address, auto, bool) { return blocks.insert(address).second; }, {});
        EXPECT_TRUE(done);
        return blocks;
    }
    // A header of a block's chunk.
    std::uint64_t any_header() {
        auto block = sound_.begin();
        std::advance(block, static_cast<long>(random_() % sound_.size()));
        return *block - 8;
    }

    std::unique_ptr<Tracee> tracee_;
    std::unique_ptr<Copy> copy_;
    std::set<std::uint64_t> sound_;
    std::uint64_t main_ = 0, arena_bytes_ = 0;
    std::mt19937_64 random_{20261128};
};

TEST_F(DamagedHeaps, SizeThatIsTextLosesThatBlockAtMostAndIsNamed) {
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t header = any_header();
        const std::uint64_t was = copy_->word(header);
        if ((was & 2) != 0) continue;  // a mapping of its own
        copy_->word(header) = 0x4141414141414141;
        const auto heaps = walk();
        copy_->word(header) = was;
        ASSERT_EQ(heaps.size(), 1u);
        const auto troubles = core::troubles_of(heaps.front());
        ASSERT_FALSE(troubles.empty()) << std::hex << header;
        EXPECT_EQ(troubles.front().address, header - 8);
        std::set<std::uint64_t> left = blocks_of(heaps.front());
        std::size_t lost = 0;
        for (const std::uint64_t block : sound_) lost += left.count(block) == 0 ? 1 : 0;
        EXPECT_LE(lost, 2u) << std::hex << header;
    }
}

// The walk arrives in the middle of a block, at words that may look like a fence or a chunk.
TEST_F(DamagedHeaps, SizeThatIsPlausibleIsNotSilent) {
    std::size_t tried = 0;
    for (int i = 0; i < 400 && tried < 100; ++i) {
        const std::uint64_t header = any_header();
        const std::uint64_t was = copy_->word(header);
        if ((was & 2) != 0 || (was & ~std::uint64_t{7}) < 0x80) continue;
        ++tried;
        copy_->word(header) = (was & 7) | 0x60;
        const auto heaps = walk();
        copy_->word(header) = was;
        ASSERT_EQ(heaps.size(), 1u);
        EXPECT_FALSE(core::troubles_of(heaps.front()).empty()) << std::hex << header;
    }
    EXPECT_GT(tried, 50u);
}

// 3000 of them, three words each: in headers, anywhere in the heap, in the main arena.
TEST_F(DamagedHeaps, AnyWordMayBeAnythingAndTheWalkEnds) {
    const std::uint64_t values[] = {0, 1, 0x11, 0x21, ~std::uint64_t{0}, main_, main_ + 96};
    for (int round = 0; round < 3000; ++round) {
        std::map<std::uint64_t, std::uint64_t> before;
        for (int i = 0; i < 3; ++i) {
            const auto kind = random_() % 3;
            std::uint64_t at = any_header();
            if (kind == 1) at = (at - random_() % 512) / 8 * 8;
            if (kind == 2) at = (main_ + random_() % arena_bytes_) / 8 * 8;
            std::uint64_t& word = copy_->word(at);
            before.emplace(at, word);
            const auto value = random_() % 10;
            word = value < 7 ? values[value] : value == 7 ? any_header() - 8 : random_();
        }
        const auto begun = Clock::now();
        const auto heaps = walk();
        for (const heap::Heap& one : heaps) {
            (void)blocks_of(one);
            (void)core::troubles_of(one);
        }
        EXPECT_LT(Clock::now() - begun, std::chrono::seconds(20)) << "round " << round;
        for (const auto& [at, word] : before) copy_->word(at) = word;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace mt::test
