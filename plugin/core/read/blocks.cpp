// SPDX-License-Identifier: MIT
//
// Decodes regions in address order, a slice of pages at a time, so that the
// memory needed is that of the answer.
#include "read/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>

namespace mt::core {
namespace {

constexpr unsigned kMaxRegions = 1u << 22;
constexpr std::uint32_t kSlice = 1024;                              // pages
constexpr std::size_t kPollEvery = 1u << 18;                        // blocks
constexpr std::size_t kArraysOffset = offsetof(abi::Region, page);  // they end a region

// Of the words in a region's lines.
using LineStamps = abi::u64[abi::kPagesPerRegion][abi::kLineWords];

// Of a core, where all is of one moment: room for stamps is made by a state that stamps, and
// that it does for as long as it lives.
void check_stamped(Reading& reading, const Anchor& anchor, const std::vector<RegionAt>& regions) {
    if (anchor.state.stamped != 0 || reading.memory().core_file() == nullptr) return;
    const auto with_stamps = std::count_if(regions.begin(), regions.end(),
                                           [](const RegionAt& one) { return one.stamps != 0; });
    reading.doubt("blocks have stamps where none are given",
                  static_cast<std::uint64_t>(with_stamps));
}

}  // namespace

bool list_regions(Reading& reading, const Anchor& anchor, std::vector<RegionAt>& regions) {
    constexpr std::size_t kHead = offsetof(abi::Region, reserved);
    const std::unique_ptr<abi::Region> region(new abi::Region);
    std::uint64_t address = anchor.state.regions;
    while (address != 0) {
        if (regions.size() == kMaxRegions) {
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (!reading.claim(address, anchor.header.region_size, "a region of blocks")) return false;
        std::size_t got = 0;
        if (!reading.some(address, region.get(), kHead, got)) return false;
        const bool is_dumped =
            got == kHead && (region->base != 0 || region->next != 0 || region->self == address);
        if (!is_dumped) {
            // Whatever followed it in the list is lost too.
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (region->base % (1ull << abi::kRegionBits) != 0) {
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: the region at {:#x} claims "
                                            "blocks from {:#x}",
                                            address, region->base),
                                address);
        }
        regions.push_back({region->base, address, region->stamps});
        address = region->next;
    }
    check_stamped(reading, anchor, regions);
    // Each is in the list before it is counted.
    if (regions.size() < anchor.state.region_count)
        reading.doubt("regions of blocks are missing", anchor.state.region_count - regions.size());
    std::sort(regions.begin(), regions.end(),
              [](const RegionAt& a, const RegionAt& b) { return a.base < b.base; });
    return true;
}

namespace {

class Decoder {
  public:
    Decoder(Reading& reading, Table& table, std::uint64_t& flagged, bool stamped)
        : reading_(reading),
          table_(table),
          blocks_(table.blocks),
          flagged_(flagged),
          stamped_(stamped),
          region_(new abi::Region),
          line_stamps_(stamped ? new LineStamps[1] : nullptr) {}

    bool region(const RegionAt& at);
    bool pages(const RegionAt& at, std::uint32_t first, std::uint32_t count);

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

    bool slice(std::uint64_t base, std::uint32_t first, std::uint32_t count);
    bool read_words();
    bool read_stamps();
    bool second_chunk(std::uint64_t chunk, std::uint64_t& stamps);
    void gather(std::uint32_t page, std::uint64_t address, std::uint32_t words, Places places);
    bool check_overlaps();
    void word(std::uint64_t page_address, std::uint64_t word, std::uint64_t stamp);

    Reading& reading_;
    Table& table_;
    std::vector<Block>& blocks_;
    std::uint64_t& flagged_;
    const bool stamped_;
    std::unique_ptr<abi::Region> region_;        // its arrays only
    std::unique_ptr<LineStamps[]> line_stamps_;  // null = not stamped
    std::unordered_map<std::uint64_t, std::uint64_t> second_chunks_;
    std::vector<Outside> outside_;
    std::vector<Reading::Piece> pieces_;
    std::vector<abi::u64> words_;
    std::vector<abi::u64> stamps_;  // of words_, if stamped
};

void Decoder::word(std::uint64_t page_address, std::uint64_t word, std::uint64_t stamp) {
    if (abi::word_stack(word) == abi::kStackNone) {
        ++flagged_;
        return;
    }
    blocks_.push_back({page_address + abi::word_offset(word), abi::word_size(word),
                       abi::word_stack(word), table_.place_of({0, stamp})});
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
    for (const abi::Page& page : region_->page) {
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

bool Decoder::read_words() {
    return reading_.scattered(pieces_, [&](const Reading::Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) {
            reading_.incomplete("blocks", piece.address);
        } else {
            std::memcpy(words_.data() + outside_[piece.index].start, bytes, piece.size);
        }
        return true;
    });
}

// 0: its words have none.
bool Decoder::second_chunk(std::uint64_t chunk, std::uint64_t& stamps) {
    const auto [known, is_new] = second_chunks_.try_emplace(chunk, 0);
    if (is_new) {
        std::size_t got = 0;
        const std::uint64_t at = chunk + offsetof(abi::Chunk, stamps);
        if (!reading_.some(at, &known->second, sizeof known->second, got)) return false;
        if (got < sizeof known->second) known->second = 0;
    }
    stamps = known->second;
    return true;
}

bool Decoder::read_stamps() {
    stamps_.assign(words_.size(), 0);
    std::vector<Reading::Piece> pieces;
    for (Reading::Piece piece : pieces_) {
        const std::uint64_t place = piece.address % abi::kChunkBytes;
        std::uint64_t stamps = 0;
        if (!second_chunk(piece.address - place, stamps)) return false;
        if (stamps == 0) continue;
        piece.address = stamps + place;
        pieces.push_back(piece);
    }
    return reading_.scattered(pieces, [&](const Reading::Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) {
            reading_.incomplete("stamps of blocks", piece.address);
        } else {
            std::memcpy(stamps_.data() + outside_[piece.index].start, bytes, piece.size);
        }
        return true;
    });
}

bool Decoder::slice(std::uint64_t base, std::uint32_t first, std::uint32_t count) {
    outside_.clear();
    pieces_.clear();
    words_.clear();
    for (std::uint32_t page = first; page < first + count; ++page) {
        const abi::Page& more = region_->page[page];
        gather(page, more.middle, abi::kMiddleWords, {});
        gather(page, more.split, abi::kSplitWords, {abi::kSplitBits, abi::kLineWords});
        gather(page, more.leaf, abi::kLeafWords, {abi::kLeafGranuleBits, 1});
        gather(page, more.fine, abi::kFineWords, {abi::kFineGranuleBits, 1});
    }
    if (!read_words() || (stamped_ && !read_stamps())) return false;

    std::size_t next = 0;
    for (std::uint32_t page = first; page < first + count; ++page) {
        const std::uint64_t address = base + (std::uint64_t{page} << abi::kPageBits);
        const std::size_t begin = blocks_.size();
        for (std::uint32_t i = 0; i < abi::kLineWords; ++i) {
            const abi::u64 value = region_->line[page][i];
            if (value != 0) word(address, value, stamped_ ? line_stamps_[0][page][i] : 0);
        }
        for (; next < outside_.size() && outside_[next].page == page; ++next) {
            const Outside& array = outside_[next];
            for (std::uint32_t i = 0; i < array.words; ++i) {
                const abi::u64 value = words_[array.start + i];
                if (value == 0) continue;
                if (array.places.take(abi::word_offset(value), i)) {
                    word(address, value, stamped_ ? stamps_[array.start + i] : 0);
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
    if (!reading_.patchy(at.address + kArraysOffset, &region_->page,
                         sizeof(abi::Region) - kArraysOffset, "blocks")) {
        return false;
    }
    if (!check_overlaps()) return false;
    if (stamped_) {
        std::memset(line_stamps_.get(), 0, sizeof(LineStamps));
        if (at.stamps != 0 && !reading_.patchy(at.stamps, line_stamps_.get(), sizeof(LineStamps),
                                               "stamps of blocks")) {
            return false;
        }
    }
    for (std::uint32_t first = 0; first < abi::kPagesPerRegion; first += kSlice) {
        const bool empty = all_zero(region_->page + first, kSlice * sizeof(abi::Page)) &&
                           all_zero(region_->line + first, kSlice * 8 * abi::kLineWords);
        if (!empty && !slice(at.base, first, kSlice)) return false;
    }
    return true;
}

bool Decoder::pages(const RegionAt& at, std::uint32_t first, std::uint32_t count) {
    const std::uint64_t lines = first * sizeof region_->line[0];
    if (!reading_.patchy(at.address + offsetof(abi::Region, page) + first * sizeof(abi::Page),
                         region_->page + first, count * sizeof(abi::Page), "blocks") ||
        !reading_.patchy(at.address + offsetof(abi::Region, line) + lines, region_->line[first],
                         count * sizeof region_->line[0], "blocks")) {
        return false;
    }
    if (stamped_) {
        std::memset(line_stamps_[0][first], 0, count * sizeof region_->line[0]);
        if (at.stamps != 0 &&
            !reading_.patchy(at.stamps + lines, line_stamps_[0][first],
                             count * sizeof region_->line[0], "stamps of blocks")) {
            return false;
        }
    }
    return slice(at.base, first, count);
}

}  // namespace

bool read_pages(Reading& reading, const Anchor& anchor, const RegionAt& region, std::uint32_t first,
                std::uint32_t count, Table& table, std::uint64_t& flagged) {
    Decoder decoder(reading, table, flagged, anchor.state.stamped != 0);
    return decoder.pages(region, first, count);
}

bool read_blocks(Reading& reading, const Anchor& anchor, std::int64_t expected, Table& table,
                 std::uint64_t& flagged) {
    std::vector<RegionAt> regions;
    if (!list_regions(reading, anchor, regions)) return false;
    const std::uint64_t likely = expected > 0 ? static_cast<std::uint64_t>(expected) : 0;
    table.blocks.reserve(static_cast<std::size_t>(
        std::min({likely, std::uint64_t{regions.size()} << 21, std::uint64_t{1} << 23})));
    Decoder decoder(reading, table, flagged, anchor.state.stamped != 0);
    for (const RegionAt& region : regions) {
        if (!decoder.region(region)) return false;
    }
    // Two threads may have made a region for the same addresses: the second one
    // stays in the list, empty. Only damage puts blocks into both.
    const ByAddress by_address{table};
    if (!std::is_sorted(table.blocks.begin(), table.blocks.end(), by_address)) {
        std::stable_sort(table.blocks.begin(), table.blocks.end(), by_address);
    }
    // Two words for one address: only one of them can be a block.
    const auto end =
        std::unique(table.blocks.begin(), table.blocks.end(),
                    [](const Block& a, const Block& b) { return a.address == b.address; });
    flagged += static_cast<std::uint64_t>(table.blocks.end() - end);
    table.blocks.erase(end, table.blocks.end());
    table.has_stamps = table.has_stamps || anchor.state.stamped != 0;
    return true;
}

void set_domain(Table& table, Block& block, std::uint32_t of_trace) {
    const BlockDetail own = table.detail_of(block);
    if (own.domain == 0 && of_trace != 0) block.detail = table.place_of({of_trace, own.stamp});
}

void remark_wrong_blocks(std::uint64_t flagged, Table& table) {
    if (flagged == 0) return;
    table.remarks.push_back(
        {"damaged-blocks",
         fmt::format("{} entries of the block table contradict it and are not shown", flagged),
         flagged});
}

bool drop_wrong_blocks(Reading& reading, const Depot& depot, std::uint64_t flagged, Table& table) {
    const auto is_wrong = [&](const Block& block) {
        if (block.stack >= depot.stacks.size()) return true;
        const std::uint32_t domain = depot.stacks[block.stack].domain;
        const std::uint32_t own = table.domain_of(block);
        return own != domain && own != 0 && block.stack >= abi::kReservedStacks;
    };
    const auto end = std::remove_if(table.blocks.begin(), table.blocks.end(), is_wrong);
    flagged += static_cast<std::uint64_t>(table.blocks.end() - end);
    table.blocks.erase(end, table.blocks.end());
    for (std::size_t i = 0; i < table.blocks.size(); ++i) {
        if (i % kPollEvery == 0 && !reading.go_on()) return false;
        Block& block = table.blocks[i];
        set_domain(table, block, depot.stacks[block.stack].domain);
    }
    remark_wrong_blocks(flagged, table);
    return true;
}

}  // namespace mt::core
