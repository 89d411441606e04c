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

constexpr std::uint32_t kSlice = 1u << (abi::kSheetBits - abi::kPageBits);  // pages
constexpr std::size_t kPollEvery = 1u << 18;                                // blocks
constexpr std::size_t kArraysOffset = offsetof(abi::Region, fine);          // they end a region
constexpr std::uint32_t kPageLines = 1u << (abi::kPageBits - abi::kLineBits);
constexpr std::uint32_t kPageWords = abi::kLineWords * kPageLines;
constexpr std::uint32_t kPageGranules = 1u << (abi::kPageBits - abi::kGranuleBits);

// Of the words in a region's lines.
using LineStamps = abi::u64[abi::kPagesPerRegion][kPageWords];

class Decoder {
  public:
    Decoder(Reading& reading, Table& table, std::uint64_t& flagged, bool stamped)
        : reading_(reading),
          table_(table),
          blocks_(table.blocks),
          flagged_(flagged),
          stamped_(stamped),
          region_(new abi::Region),
          line_stamps_(stamped ? new LineStamps[1] : nullptr) {
        for (int which = 0; which < 2; ++which) {
            granules_[which].resize(abi::kSheetWords);
            if (stamped) granule_stamps_[which].resize(abi::kSheetWords);
        }
    }

    bool region(const RegionAt& at);
    bool pages(const RegionAt& at, std::uint32_t first, std::uint32_t count);

  private:
    // An array of words that a page has: its lines, granules or fine leaf.
    struct Words {
        const abi::u64* words;
        const abi::u64* stamps;  // of those, or null
        std::uint32_t count;
        std::uint32_t bits;       // each 2^bits bytes of the page ...
        std::uint32_t per_place;  // ... have so many words
    };
    struct Leaf {
        std::uint32_t page;
        std::size_t start;  // in words_
    };

    bool slice(const RegionAt& at, std::uint32_t first, std::uint32_t count);
    bool read_granules(const RegionAt& at, std::uint32_t first, std::uint32_t count);
    bool read_leaves(std::uint32_t first, std::uint32_t count);
    bool read_stamps();
    bool second_chunk(std::uint64_t chunk, std::uint64_t& stamps);
    bool check_overlaps();
    void words(std::uint64_t page_address, const Words& array);
    void word(std::uint64_t page_address, std::uint64_t word, std::uint64_t stamp);

    Reading& reading_;
    Table& table_;
    std::vector<Block>& blocks_;
    std::uint64_t& flagged_;
    const bool stamped_;
    std::unique_ptr<abi::Region> region_;        // its arrays only
    std::unique_ptr<LineStamps[]> line_stamps_;  // null = not stamped
    // Of a slice's pages, in each sheet.
    std::vector<abi::u64> granules_[2], granule_stamps_[2];
    std::unordered_map<std::uint64_t, std::uint64_t> second_chunks_;
    std::vector<Leaf> leaves_;
    std::vector<Reading::Piece> pieces_;
    std::vector<abi::u64> words_;   // of all leaves
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

// What stands in another's place can be no block. Nor has a place without a block a stamp: an
// event puts the stamp after the word, and erases it before. So a page of something else in
// the place of stamps shows, however few blocks are there (damage_test.cpp, reader_stamps_test).
void Decoder::words(std::uint64_t page_address, const Words& array) {
    const std::size_t bytes = array.count * sizeof(abi::u64);
    const bool has_stamps = array.stamps != nullptr && !all_zero(array.stamps, bytes);
    if (!has_stamps && all_zero(array.words, bytes)) return;  // most are, of a sheet
    for (std::uint32_t i = 0; i < array.count; ++i) {
        const abi::u64 value = array.words[i];
        if (value == 0) {
            flagged_ += has_stamps && array.stamps[i] != 0 ? 1 : 0;
            continue;
        }
        if (abi::word_offset(value) >> array.bits == i / array.per_place) {
            word(page_address, value, array.stamps != nullptr ? array.stamps[i] : 0);
        } else {
            ++flagged_;
        }
    }
}

// Within one region only: enough to bound the work, and cheap.
bool Decoder::check_overlaps() {
    std::vector<std::uint64_t> leaves;
    for (const abi::u64 leaf : region_->fine) {
        if (leaf != 0) leaves.push_back(leaf);
    }
    std::sort(leaves.begin(), leaves.end());
    for (std::size_t i = 1; i < leaves.size(); ++i) {
        if (leaves[i] - leaves[i - 1] >= abi::kFineWords * sizeof(abi::u64)) continue;
        return reading_.fail(Code::damaged,
                             fmt::format("the table is damaged: the blocks of two pages both stand "
                                         "at {:#x}",
                                         leaves[i]),
                             leaves[i]);
    }
    return true;
}

bool Decoder::read_granules(const RegionAt& at, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t number = first / kSlice;
    const std::size_t bytes = std::size_t{count} * kPageGranules * sizeof(abi::u64);
    const std::uint64_t start = std::uint64_t{first % kSlice} * kPageGranules * sizeof(abi::u64);
    const auto read = [&](std::uint64_t array, std::vector<abi::u64>& out, const char* what) {
        if (array != 0) return reading_.patchy(array + start, out.data(), bytes, what);
        std::memset(out.data(), 0, bytes);
        return true;
    };
    for (int which = 0; which < 2; ++which) {
        if (!read(at.sheet[which][number], granules_[which], "blocks")) return false;
        if (stamped_ &&
            !read(at.sheet_stamps[which][number], granule_stamps_[which], "stamps of blocks")) {
            return false;
        }
    }
    return true;
}

bool Decoder::read_leaves(std::uint32_t first, std::uint32_t count) {
    leaves_.clear();
    pieces_.clear();
    words_.clear();
    for (std::uint32_t page = first; page < first + count; ++page) {
        const abi::u64 leaf = region_->fine[page];
        if (leaf == 0) continue;
        leaves_.push_back({page, words_.size()});
        pieces_.push_back({leaf, abi::kFineWords * sizeof(abi::u64),
                           static_cast<std::uint32_t>(leaves_.size() - 1)});
        words_.resize(words_.size() + abi::kFineWords);
    }
    return reading_.scattered(pieces_, [&](const Reading::Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) {
            reading_.incomplete("blocks", piece.address);
        } else {
            std::memcpy(words_.data() + leaves_[piece.index].start, bytes, piece.size);
        }
        return true;
    });
}

// 0: its words have none.
bool Decoder::second_chunk(std::uint64_t chunk, std::uint64_t& stamps) {
    const auto [known, is_new] = second_chunks_.try_emplace(chunk, 0);
    if (is_new) {
        std::size_t got = 0;
        const std::uint64_t at = chunk + offsetof(abi::Mapping, stamps);
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
            std::memcpy(stamps_.data() + leaves_[piece.index].start, bytes, piece.size);
        }
        return true;
    });
}

// Pages of one sheet.
bool Decoder::slice(const RegionAt& at, std::uint32_t first, std::uint32_t count) {
    if (!read_granules(at, first, count) || !read_leaves(first, count)) return false;
    if (stamped_ && !read_stamps()) return false;
    std::size_t next = 0;
    for (std::uint32_t page = first; page < first + count; ++page) {
        const std::uint64_t address = at.base + (std::uint64_t{page} << abi::kPageBits);
        const std::size_t begin = blocks_.size();
        const abi::u64* stamps = stamped_ ? line_stamps_[0][page] : nullptr;
        words(address, {region_->line[page * kPageLines], stamps, kPageWords, abi::kLineBits,
                        abi::kLineWords});
        const std::size_t granule = std::size_t{page - first} * kPageGranules;
        for (int which = 0; which < 2; ++which) {
            words(address, {granules_[which].data() + granule,
                            stamped_ ? granule_stamps_[which].data() + granule : nullptr,
                            kPageGranules, abi::kGranuleBits, 1});
        }
        for (; next < leaves_.size() && leaves_[next].page == page; ++next) {
            const std::size_t start = leaves_[next].start;
            words(address, {words_.data() + start, stamped_ ? stamps_.data() + start : nullptr,
                            abi::kFineWords, abi::kFineGranuleBits, 1});
        }
        std::sort(blocks_.begin() + static_cast<std::ptrdiff_t>(begin), blocks_.end(),
                  [](const Block& a, const Block& b) { return a.address < b.address; });
    }
    return true;
}

bool Decoder::region(const RegionAt& at) {
    if (!reading_.patchy(at.address + kArraysOffset, &region_->fine,
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
        const std::uint32_t number = first / kSlice;
        const bool empty = at.sheet[0][number] == 0 && at.sheet[1][number] == 0 &&
                           all_zero(region_->fine + first, kSlice * sizeof(abi::u64)) &&
                           all_zero(region_->line[first * kPageLines],
                                    std::size_t{kSlice} * kPageWords * sizeof(abi::u64));
        if (!empty && !slice(at, first, kSlice)) return false;
    }
    return true;
}

bool Decoder::pages(const RegionAt& at, std::uint32_t first, std::uint32_t count) {
    const std::size_t start = std::size_t{first} * kPageWords;
    const std::size_t bytes = std::size_t{count} * kPageWords * sizeof(abi::u64);
    if (!reading_.patchy(at.address + offsetof(abi::Region, fine) + first * sizeof(abi::u64),
                         region_->fine + first, count * sizeof(abi::u64), "blocks") ||
        !reading_.patchy(at.address + offsetof(abi::Region, line) + start * sizeof(abi::u64),
                         region_->line[first * kPageLines], bytes, "blocks")) {
        return false;
    }
    if (stamped_) {
        std::memset(line_stamps_[0][first], 0, bytes);
        if (at.stamps != 0 && !reading_.patchy(at.stamps + start * sizeof(abi::u64),
                                               line_stamps_[0][first], bytes, "stamps of blocks")) {
            return false;
        }
    }
    const std::uint32_t end = first + count;
    for (std::uint32_t next = first; first < end; first = next) {
        next = std::min(end, (first / kSlice + 1) * kSlice);
        if (!slice(at, first, next - first)) return false;
    }
    return true;
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
