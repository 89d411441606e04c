// SPDX-License-Identifier: MIT
//
// Ranges of a black box's file: each is its taker's alone, zeros at first, and taken again when it
// has been given back; and what the file says of itself. No table is kept in it here.
#include "table/box.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "support/test_folder.h"
#include "table/header.h"

namespace mt::runtime {
namespace {

class BoxRanges : public testing::Test {
  protected:
    BoxRanges() : path_(folder_ / "box") {
        root().pid = static_cast<u32>(getpid());
        black_box.open(path_.c_str(), static_cast<u32>(path_.size()));
    }
    ~BoxRanges() override { black_box.leave(); }

    Box described() const {
        Box box{};
        std::ifstream file(path_, std::ios::binary);
        file.seekg(kBoxAt);
        file.read(reinterpret_cast<char*>(&box), sizeof box);
        return box;
    }
    u64 blocks_on_disk() const {
        struct stat info {};
        return stat(path_.c_str(), &info) == 0 ? static_cast<u64>(info.st_blocks) * 512 : 0;
    }

    test::TestFolder folder_{"box"};
    std::string path_;
};

TEST_F(BoxRanges, AreTheFilesBytes) {
    ASSERT_TRUE(black_box.is_open());
    auto* words = static_cast<u64*>(black_box.take(3 * kPageSize, kPageSize, 3 * kPageSize));
    ASSERT_NE(words, nullptr);
    EXPECT_TRUE(black_box.holds(words));
    EXPECT_FALSE(black_box.holds(&path_));
    words[1000] = 0x1234567812345678;
    std::ifstream file(path_, std::ios::binary);
    Elf64_Ehdr elf{};
    Elf64_Phdr segment[3] = {};
    file.read(reinterpret_cast<char*>(&elf), sizeof elf);
    file.read(reinterpret_cast<char*>(segment), sizeof segment);
    EXPECT_EQ(std::memcmp(elf.e_ident, ELFMAG, SELFMAG), 0);
    EXPECT_EQ(elf.e_type, ET_CORE);
    ASSERT_EQ(segment[1].p_type, static_cast<Elf64_Word>(PT_LOAD));
    const u64 at = address_of(words + 1000) - segment[1].p_vaddr + segment[1].p_offset;
    EXPECT_LT(at, segment[1].p_filesz);
    u64 word = 0;
    file.seekg(static_cast<std::streamoff>(at));
    file.read(reinterpret_cast<char*>(&word), sizeof word);
    EXPECT_EQ(word, words[1000]);
    const Box box = described();
    EXPECT_EQ(box.pid, static_cast<u32>(getpid()));
    EXPECT_EQ(box.used, segment[1].p_filesz);
    EXPECT_EQ(box.missing, 0u);
    EXPECT_EQ(std::string(box.path, box.path_length), path_);
}

TEST_F(BoxRanges, TakeRoomOnTheDiskOnlyWhereTheyAreFilled) {
    ASSERT_TRUE(black_box.is_open());
    const u64 before = blocks_on_disk();
    constexpr u64 kSize = 64 << 20;
    auto* pages = static_cast<char*>(black_box.take(kSize, kPageSize, kPageSize));
    ASSERT_NE(pages, nullptr);
    EXPECT_TRUE(black_box.fill(pages + kSize / 2, 100));
    pages[kSize / 2] = 1;
    sync();
    EXPECT_LT(blocks_on_disk() - before, u64{1} << 20);
    black_box.give_back(pages, kSize);
}

// By threads at once: nobody else's bytes are ever there.
TEST_F(BoxRanges, AreOneTakersAtATime) {
    ASSERT_TRUE(black_box.is_open());
    constexpr unsigned kThreads = 4, kRounds = 400;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned number = 1; number <= kThreads; ++number) {
        threads.emplace_back([&, number] {
            std::mt19937 random(number);
            std::vector<std::pair<u64*, u64>> mine;
            const auto drop = [&](std::size_t i) {
                for (u64 w = 0; w < mine[i].second / sizeof(u64); ++w)
                    if (mine[i].first[w] != number) ++wrong;
                black_box.give_back(mine[i].first, mine[i].second);
                mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(i));
            };
            for (unsigned round = 0; round < kRounds; ++round) {
                const u64 size = (1 + random() % 8) * kPageSize;
                const u64 alignment = random() % 4 == 0 ? kChunkBytes : kPageSize;
                auto* words = static_cast<u64*>(black_box.take(size, alignment, size));
                if (words == nullptr) continue;  // somebody was at it for too long
                if (address_of(words) % alignment != 0) ++wrong;
                for (u64 w = 0; w < size / sizeof(u64); ++w) {
                    if (words[w] != 0) ++wrong;
                    words[w] = number;
                }
                mine.emplace_back(words, size);
                if (mine.size() > 6) drop(random() % mine.size());
            }
            while (!mine.empty()) drop(0);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_LT(described().used, u64{200} << 20);
}

TEST_F(BoxRanges, AreUsedUpOnceAndThenTakenAgain) {
    ASSERT_TRUE(black_box.is_open());
    constexpr u64 kSize = u64{512} << 20;
    std::vector<void*> taken;
    while (void* pages = black_box.take(kSize, kPageSize, kPageSize)) taken.push_back(pages);
    EXPECT_EQ(taken.size(), 7u);
    EXPECT_EQ(described().missing, kSize);
    EXPECT_EQ(described().error, static_cast<u32>(BoxError::space_used));
    EXPECT_EQ(described().state, static_cast<u32>(BoxState::partly));
    const u64 used = described().used;
    for (void* pages : taken) black_box.give_back(pages, kSize);
    taken.clear();
    while (void* pages = black_box.take(kSize, kPageSize, kPageSize)) taken.push_back(pages);
    EXPECT_EQ(taken.size(), 7u);
    EXPECT_EQ(described().used, used);
}

TEST(BoxThatCannotBe, SaysWhy) {
    test::TestFolder folder("box");
    root().pid = static_cast<u32>(getpid());
    const std::string path = folder / "no/such/folder";
    BlackBox box;
    box.open(path.c_str(), static_cast<u32>(path.size()));
    EXPECT_FALSE(box.is_open());
    Header header{};
    box.describe(header);
    EXPECT_EQ(header.box, 0u);
    EXPECT_EQ(header.box_state, static_cast<u32>(BoxState::failed));
    EXPECT_EQ(header.box_error, static_cast<u32>(ENOENT));
    const std::string longer(5000, 'x');
    BlackBox other;
    other.open(longer.c_str(), static_cast<u32>(longer.size()));
    other.describe(header);
    EXPECT_EQ(header.box_error, static_cast<u32>(BoxError::long_name));
}

}  // namespace
}  // namespace mt::runtime
