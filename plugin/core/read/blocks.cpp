// SPDX-License-Identifier: MIT
//
// Decodes regions in address order, a slice of pages at a time, so that the
// memory needed is that of the answer.
#include "read/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace mt::core {
namespace {

constexpr unsigned kMaxRegions = 1u << 22;
constexpr std::uint32_t kSlice = 1024;  // pages
constexpr std::size_t kArraysOffset = offsetof(abi::Region, page);

struct RegionAt {
    std::uint64_t base = 0;
    std::uint64_t address = 0;
};

// What follows a region's first page, as read.
struct Arrays {
    abi::Page page[abi::kPagesPerRegion];
    abi::u64 line[abi::kPagesPerRegion][abi::kLineWords];
};
static_assert(sizeof(Arrays) + kArraysOffset == sizeof(abi::Region));

bool list_regions(Reading& reading, const Anchor& anchor, std::vector<RegionAt>& regions) {
    std::uint64_t address = anchor.state.regions;
    while (address != 0) {
        if (regions.size() == kMaxRegions) {
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (!reading.claim(address, anchor.header.region_size, "a region of blocks")) return false;
        std::uint64_t head[2] = {0, 0};
        std::size_t got = 0;
        if (!reading.some(address, head, sizeof head, got)) return false;
        if (got < sizeof head || (head[0] == 0 && head[1] == 0)) {
            // Whatever followed it in the list is lost too.
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (head[0] % (1ull << abi::kRegionBits) != 0) {
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: the region at {:#x} claims "
                                            "blocks from {:#x}",
                                            address, head[0]),
                                address);
        }
        regions.push_back({head[0], address});
        address = head[1];
    }
    std::sort(regions.begin(), regions.end(),
              [](const RegionAt& a, const RegionAt& b) { return a.base < b.base; });
    return true;
}

class Decoder {
  public:
    Decoder(Reading& reading, std::vector<Block>& blocks, std::uint64_t& flagged)
        : reading_(reading), blocks_(blocks), flagged_(flagged), arrays_(new Arrays) {}

    bool region(const RegionAt& at);

  private:
    struct Places {  // which words of an array may hold an offset
        std::uint32_t bits = abi::kPageBits;
        std::uint32_t words = 0;  // for each 2^bits bytes of the page; 0: any
        bool take(std::uint64_t offset, std::uint32_t index) const {
            return words == 0 || offset >> bits == index / words;
        }
    };
    struct Outside {  // an array of words that a page has outside its region
        std::uint32_t page;
        std::uint32_t words;
        Places places;
        std::size_t start;  // in words_
    };

    bool slice(std::uint64_t base, std::uint32_t first);
    void gather(std::uint32_t page, std::uint64_t address, std::uint32_t words, Places places);
    bool check_overlaps();
    void word(std::uint64_t page_address, std::uint64_t word);

    Reading& reading_;
    std::vector<Block>& blocks_;
    std::uint64_t& flagged_;
    std::unique_ptr<Arrays> arrays_;
    std::vector<Outside> outside_;
    std::vector<Reading::Piece> pieces_;
    std::vector<abi::u64> words_;
};

void Decoder::word(std::uint64_t page_address, std::uint64_t word) {
    if (abi::word_stack(word) == abi::kStackNone) {
        ++flagged_;
        return;
    }
    blocks_.push_back(
        {page_address + abi::word_offset(word), abi::word_size(word), abi::word_stack(word), 0});
}

void Decoder::gather(std::uint32_t page, std::uint64_t address, std::uint32_t words,
                     Places places) {
    if (address == 0) return;
    outside_.push_back({page, words, places, words_.size()});
    pieces_.push_back({address, words * 8, static_cast<std::uint32_t>(outside_.size() - 1)});
    words_.resize(words_.size() + words);
}

// Within one region only: enough to bound the work, and cheap.
bool Decoder::check_overlaps() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    auto add = [&](std::uint64_t address, std::uint32_t words) {
        if (address != 0) ranges.emplace_back(address, words * 8);
    };
    for (const abi::Page& page : arrays_->page) {
        add(page.middle, abi::kMiddleWords);
        add(page.split, abi::kSplitWords);
        add(page.leaf, abi::kLeafWords);
        add(page.fine, abi::kFineWords);
    }
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        if (ranges[i].first - ranges[i - 1].first >= ranges[i - 1].second) continue;
        return reading_.fail(Code::damaged,
                             fmt::format("the table is damaged: the blocks of two pages both stand "
                                         "at {:#x}",
                                         ranges[i].first),
                             ranges[i].first);
    }
    return true;
}

bool Decoder::slice(std::uint64_t base, std::uint32_t first) {
    outside_.clear();
    pieces_.clear();
    words_.clear();
    for (std::uint32_t page = first; page < first + kSlice; ++page) {
        const abi::Page& more = arrays_->page[page];
        gather(page, more.middle, abi::kMiddleWords, {});
        gather(page, more.split, abi::kSplitWords, {abi::kSplitBits, abi::kLineWords});
        gather(page, more.leaf, abi::kLeafWords, {abi::kLeafGranuleBits, 1});
        gather(page, more.fine, abi::kFineWords, {abi::kFineGranuleBits, 1});
    }
    const bool read =
        reading_.scattered(pieces_, [&](const Reading::Piece& piece, const std::byte* bytes) {
            if (bytes == nullptr) {
                reading_.incomplete("blocks", piece.address);
            } else {
                std::memcpy(words_.data() + outside_[piece.index].start, bytes, piece.size);
            }
            return true;
        });
    if (!read) return false;

    std::size_t next = 0;
    for (std::uint32_t page = first; page < first + kSlice; ++page) {
        const std::uint64_t address = base + (std::uint64_t{page} << abi::kPageBits);
        const std::size_t begin = blocks_.size();
        for (const abi::u64 value : arrays_->line[page]) {
            if (value != 0) word(address, value);
        }
        for (; next < outside_.size() && outside_[next].page == page; ++next) {
            const Outside& array = outside_[next];
            for (std::uint32_t i = 0; i < array.words; ++i) {
                const abi::u64 value = words_[array.start + i];
                if (value == 0) continue;
                if (array.places.take(abi::word_offset(value), i)) {
                    word(address, value);
                } else {
                    ++flagged_;
                }
            }
        }
        std::sort(blocks_.begin() + static_cast<std::ptrdiff_t>(begin), blocks_.end(),
                  [](const Block& a, const Block& b) { return a.address < b.address; });
    }
    return true;
}

bool Decoder::region(const RegionAt& at) {
    if (!reading_.patchy(at.address + kArraysOffset, arrays_.get(), sizeof(Arrays), "blocks")) {
        return false;
    }
    if (!check_overlaps()) return false;
    for (std::uint32_t first = 0; first < abi::kPagesPerRegion; first += kSlice) {
        const bool empty = all_zero(arrays_->page + first, kSlice * sizeof(abi::Page)) &&
                           all_zero(arrays_->line + first, kSlice * 8 * abi::kLineWords);
        if (!empty && !slice(at.base, first)) return false;
    }
    return true;
}

}  // namespace

bool read_blocks(Reading& reading, const Anchor& anchor, std::int64_t expected, Table& table,
                 std::uint64_t& flagged) {
    std::vector<RegionAt> regions;
    if (!list_regions(reading, anchor, regions)) return false;
    const std::uint64_t likely = expected > 0 ? static_cast<std::uint64_t>(expected) : 0;
    table.blocks.reserve(static_cast<std::size_t>(
        std::min({likely, std::uint64_t{regions.size()} << 21, std::uint64_t{1} << 23})));
    Decoder decoder(reading, table.blocks, flagged);
    for (const RegionAt& region : regions) {
        if (!decoder.region(region)) return false;
    }
    // Two threads may have made a region for the same addresses: the second one
    // stays in the list, empty. Only damage puts blocks into both.
    if (!std::is_sorted(table.blocks.begin(), table.blocks.end(), by_address)) {
        std::stable_sort(table.blocks.begin(), table.blocks.end(), by_address);
    }
    // Two words for one address: only one of them can be a block.
    const auto end =
        std::unique(table.blocks.begin(), table.blocks.end(),
                    [](const Block& a, const Block& b) { return a.address == b.address; });
    flagged += static_cast<std::uint64_t>(table.blocks.end() - end);
    table.blocks.erase(end, table.blocks.end());
    table.has_blocks = true;
    return true;
}

void check_blocks(const Depot& depot, std::uint64_t flagged, Table& table) {
    const auto is_wrong = [&](const Block& block) {
        if (block.stack >= depot.stacks.size()) return true;
        const std::uint32_t domain = depot.stacks[block.stack].domain;
        return block.domain != domain && block.domain != 0 && block.stack >= abi::kReservedStacks;
    };
    const auto end = std::remove_if(table.blocks.begin(), table.blocks.end(), is_wrong);
    flagged += static_cast<std::uint64_t>(table.blocks.end() - end);
    table.blocks.erase(end, table.blocks.end());
    for (Block& block : table.blocks) {
        if (block.domain == 0) block.domain = depot.stacks[block.stack].domain;
    }
    if (flagged == 0) return;
    table.remarks.push_back(
        {"damaged-blocks",
         fmt::format("{} entries of the block table contradict it and are not shown", flagged),
         flagged});
}

}  // namespace mt::core
