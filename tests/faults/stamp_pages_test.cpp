// SPDX-License-Identifier: MIT
//
// A core in which a page of stamps and another page of the table stand in each other's place.
// A page with the stamp of one block was the danger: the block got a word that could be a stamp,
// by another thread and in another order, and nothing spoke against it: one pair in 800 with
// pages of stamps was shown without a remark. Each page with one stamp is tried with every
// fourth page of the table; with MEMTRACE_TEST_LONG=1, each page of stamps with each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <map>

#include "damaged_core.h"
#include "read/anchor.h"
#include "read/blocks.h"
#include "source/core_file.h"
#include "watchdog.h"

namespace mt::test {
namespace {

class CoreInMemory : public FakeMemory {
  public:
    explicit CoreInMemory(Core& core)
        : FakeMemory(core.whole()), file_(core::read_core_file(core.path())) {}
    std::shared_ptr<const core::CoreFile> core_file() override { return file_; }

  private:
    std::shared_ptr<const core::CoreFile> file_;
};

bool lies_in(std::uint64_t page, std::uint64_t start, std::uint64_t words) {
    return start != 0 && page + FakeMemory::kPage > start &&
           page < start + words * sizeof(abi::u64);
}

bool holds_stamps(const std::vector<core::RegionAt>& regions, std::uint64_t page) {
    constexpr std::uint64_t kLineStamps = std::uint64_t{abi::kLinesPerRegion} * abi::kLineWords;
    for (const core::RegionAt& region : regions) {
        if (lies_in(page, region.stamps, kLineStamps)) return true;
        for (const auto& sheets : region.sheet_stamps)
            for (const abi::u64 sheet : sheets)
                if (lies_in(page, sheet, abi::kSheetWords)) return true;
    }
    return false;
}

// What a report would show of blocks, and whether it would carry a remark.
struct Seen {
    std::map<std::uint64_t, std::uint64_t> stamps;
    std::vector<std::string> remarks;
};

core::Result<Seen> look_at(core::Memory& memory, std::uint64_t root) {
    const auto status = core::read_status(memory, root);
    if (!status) return core::fail(status.error());
    const auto table = core::read_table(memory, *status, {.blocks = true, .threads = true});
    if (!table) return core::fail(table.error());
    Seen seen;
    for (const core::Block& block : table->blocks)
        if (table->domain_of(block) == 0)
            seen.stamps[block.address] = table->detail_of(block).stamp;
    for (const core::Remark& remark : table->remarks) seen.remarks.push_back(remark.text);
    return seen;
}

std::size_t words_in(const Page& page) {
    std::array<std::uint64_t, sizeof(Page) / sizeof(std::uint64_t)> words;
    std::memcpy(words.data(), page.data(), sizeof page);
    return static_cast<std::size_t>(
        std::count_if(words.begin(), words.end(), [](std::uint64_t word) { return word != 0; }));
}

TEST(PageOfStamps, InThePlaceOfAnotherIsNoticed) {
    const auto step = static_cast<std::size_t>(storm(4, 1));
    const auto few = static_cast<std::size_t>(storm(1, FakeMemory::kPage));  // words in a page
    Core core;
    CoreInMemory memory(core);
    core::Reading reading(memory);
    core::Anchor anchor;
    auto status = core::read_status(memory, core.root());
    ASSERT_TRUE(status);
    ASSERT_TRUE(core::load_anchor(reading, *status, anchor));
    std::vector<core::RegionAt> regions;
    ASSERT_TRUE(core::list_regions(reading, anchor, regions));
    const auto whole = look_at(memory, core.root());
    ASSERT_TRUE(whole);

    int pairs = 0;
    for (const std::uint64_t stamps : core.pages()) {
        const Page page = memory.get<Page>(stamps);
        if (!holds_stamps(regions, stamps) || words_in(page) > few) continue;
        for (std::size_t i = 0; i < core.pages().size(); i += step) {
            const std::uint64_t place = core.pages()[i];
            const Page other = memory.get<Page>(place);
            if (place == stamps) continue;
            ++pairs;
            memory.put(stamps, other);
            memory.put(place, page);
            const auto seen = look_at(memory, core.root());
            EXPECT_TRUE(!seen || seen->remarks != whole->remarks || seen->stamps == whole->stamps)
                << std::hex << stamps << " and " << place;
            memory.put(stamps, page);
            memory.put(place, other);
        }
    }
    std::cout << pairs << " pairs\n";
    EXPECT_GT(pairs, 100);
}

}  // namespace
}  // namespace mt::test
