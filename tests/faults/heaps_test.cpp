// SPDX-License-Identifier: MIT
//
// A heap that nobody prepared, walked from outside: each block that the program holds and no
// other, and sums that are the program's own mallinfo2, on heaps of every kind of chunk.
#include "heap/heap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tracee.h"

namespace mt::test {
namespace {

namespace heap = core::heap;

// As random_heap.c lists what mallinfo2 says.
heap::MallInfo told(const ledger& book) {
    const auto* field = book.site_size;
    return {field[0], field[1], field[2], field[3], field[4],
            field[5], field[6], field[7], field[8]};
}

std::vector<heap::ThreadPointer> thread_pointers(const ledger& book) {
    std::vector<heap::ThreadPointer> threads;
    for (std::uint32_t i = 0; i <= book.site_made[0]; ++i)
        threads.push_back({i + 1, book.site_address[i]});
    return threads;
}

core::Result<std::vector<heap::Heap>> heaps_of(pid_t pid, const heap::HeapOptions& options) {
    auto memory = std::make_shared<ProcessMemory>(pid);
    const core::ReadFunction read = [memory](std::uint64_t address, void* out, std::size_t size) {
        return memory->read(address, out, size);
    };
    return heap::find_heaps(read, core::process_mappings(pid), options, {});
}

std::map<std::uint64_t, std::uint64_t> blocks_of(const heap::Heap& one) {
    std::map<std::uint64_t, std::uint64_t> blocks;
    const auto listed =
        heap::each_block(one,
                         [&](std::uint64_t address, std::uint64_t capacity, bool) {
                             EXPECT_TRUE(blocks.empty() || address > blocks.rbegin()->first);
                             return blocks.emplace(address, capacity).second;
                         },
                         {});
    EXPECT_TRUE(listed);
    return blocks;
}

void expect_mallinfo(const heap::MallInfo& is, const heap::MallInfo& told) {
    EXPECT_EQ(is.arena, told.arena);
    EXPECT_EQ(is.ordblks, told.ordblks);
    EXPECT_EQ(is.smblks, told.smblks);
    EXPECT_EQ(is.hblks, told.hblks);
    EXPECT_EQ(is.hblkhd, told.hblkhd);
    EXPECT_EQ(is.fsmblks, told.fsmblks);
    EXPECT_EQ(is.uordblks, told.uordblks);
    EXPECT_EQ(is.fordblks, told.fordblks);
    EXPECT_EQ(is.keepcost, told.keepcost);
}

// Every byte that an arena has is something that is named.
void expect_nothing_left(const heap::Heap& one) {
    for (std::size_t i = 0; i < one.sums.size(); ++i)
        EXPECT_EQ(one.sums[i].bytes(), one.books.arenas[i].system_bytes) << "arena " << i;
    for (const heap::Walked& segment : one.segments) EXPECT_TRUE(segment.damages.empty());
    EXPECT_TRUE(one.caches.broken.empty());
}

// glibc's loader makes one block for each thread (dtv), which nobody in the program holds.
void expect_blocks(const heap::Heap& one, const ledger& book) {
    const auto blocks = blocks_of(one);
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        const auto found = blocks.find(book.block[i].address);
        ASSERT_NE(found, blocks.end()) << std::hex << book.block[i].address;
        EXPECT_GE(found->second, book.block[i].size) << std::hex << book.block[i].address;
    }
    EXPECT_EQ(blocks.size(), book.block_count + book.site_made[0]);
}

struct Kind {
    const char* name;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Heaps : public testing::TestWithParam<Kind> {};

TEST_P(Heaps, AreTheLedgersBlocksAndMallinfosSums) {
    for (int seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::vector<std::string> arguments{std::to_string(seed)};
        arguments.insert(arguments.end(), GetParam().arguments.begin(), GetParam().arguments.end());
        Tracee tracee({.program = program_path("random_heap"),
                       .arguments = arguments,
                       .environment = GetParam().environment,
                       .preload = false});
        ASSERT_TRUE(tracee.wait_for_stop());
        const auto heaps = heaps_of(tracee.pid(), {thread_pointers(tracee.book()), {}});
        ASSERT_TRUE(heaps) << heaps.error().text;
        ASSERT_EQ(heaps->size(), 1u);
        const heap::Heap& one = heaps->front();
        EXPECT_TRUE(one.knows_totals);
        EXPECT_TRUE(one.mapped_agree);
        expect_mallinfo(one.info, told(tracee.book()));
        expect_nothing_left(one);
        expect_blocks(one, tracee.book());
        if (HasFatalFailure()) return;
    }
}

constexpr const char* kTunables = "GLIBC_TUNABLES";
INSTANTIATE_TEST_SUITE_P(
    OfGlibc, Heaps,
    testing::Values(Kind{"Plain", {}, {}}, Kind{"Trimmed", {"trim"}, {}},
                    Kind{"WithForeignBrk", {"foreign"}, {}},
                    Kind{"OfOneArena", {}, {{kTunables, "glibc.malloc.arena_max=1"}}},
                    Kind{"WithoutCaches", {}, {{kTunables, "glibc.malloc.tcache_count=0"}}},
                    Kind{"WithoutFastBins", {}, {{kTunables, "glibc.malloc.mxfast=0"}}},
                    Kind{"OfSmallMappings",
                         {"trim"},
                         {{kTunables, "glibc.malloc.mmap_threshold=4096:glibc.malloc.top_pad=0"}}}),
    [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace mt::test
