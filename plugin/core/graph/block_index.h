// SPDX-License-Identifier: MIT
//
// Which block holds an address: a bitmap of the granules of 16 bytes in which blocks begin, with
// the number of blocks before each 64 of them, so an answer takes one look at the bitmap and one
// at the block. Regions of 64 MiB have a bitmap each (1 MiB), found through units of 128 GiB;
// where few blocks begin, those few are searched instead, so blocks strewn over all of the
// address space, as a damaged table may have them, take some 260 bytes each at the very most.
//
// A block of size 0 counts as one byte, as for Valgrind's memcheck: malloc(0) is live while
// somebody has its address. One past the end is not in a block, with one exception that
// LeakSanitizer has, too: the Itanium C++ ABI (2.7, array operator new cookies) puts 8 bytes
// before the elements of a `new T[0]` whose T has a destructor, so all that the program keeps is
// the end of a block of 8 bytes.
#ifndef MEMTRACE_CORE_GRAPH_BLOCK_INDEX_H
#define MEMTRACE_CORE_GRAPH_BLOCK_INDEX_H

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/block.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core::graph {

class BlockIndex {
  public:
    struct Place {
        Number block = kNone;
        std::uint64_t offset = 0;
    };

    // `blocks` ascend by address, no two at one; all lie below 2^57. An address in two of them,
    // which only a damaged list has, is in the one that begins later. O(blocks).
    static Result<BlockIndex> make(std::vector<Extent> blocks, const Interrupted& interrupted = {});
    // More than kMostBlocks have no numbers.
    static Result<void> check_count(std::uint64_t blocks);
    // Bytes that make() will take, besides the list itself. O(blocks), allocates nothing.
    static std::uint64_t memory_needed(std::span<const Extent> blocks);

    const std::vector<Extent>& blocks() const { return blocks_; }
    Number size() const { return static_cast<Number>(blocks_.size()); }

    Place find(std::uint64_t address) const {
        return covers(address) ? place(last_at(address), address) : Place{};
    }

    // The steps of find(), for who has many addresses, and the memory that the next step looks
    // at: it can be on its way while the step before is done for others. It is not fetched here:
    // of a function that does nothing else GCC 12 thinks that it does nothing.
    std::uint64_t lowest() const { return lowest_; }
    std::uint64_t span() const { return span_; }  // beyond lowest() + span() there is nothing
    bool covers(std::uint64_t address) const { return address - lowest_ < span_; }
    const void* memory_of_last_at(std::uint64_t covered) const;
    // About the last block that begins at or before the address; kNone: there is none.
    Number last_at(std::uint64_t covered) const;
    const void* memory_of_place(Number last) const {
        return last == kNone ? nullptr : &blocks_[last];
    }
    Place place(Number last, std::uint64_t covered) const;
    // As last_at(), of any address. O(log blocks).
    Number last_by(std::uint64_t address) const { return last_of(0, size(), address); }

  private:
    static constexpr unsigned kGranuleBits = 4, kStartsBits = 10, kRegionBits = 26, kUnitBits = 37;
    static constexpr std::size_t kStarts = std::size_t{1} << (kRegionBits - kStartsBits);
    static constexpr std::size_t kRegions = (std::size_t{1} << (kUnitBits - kRegionBits)) + 1;
    static constexpr Number kFew = 4096;  // are searched, in 12 steps

    // Blocks that begin in 1 KiB. With allocators that have classes below 16 bytes they may be
    // more than the granules that they begin in: then those are searched.
    struct Starts {
        std::uint64_t granules = 0;
        Number before = 0;
        Number searched = 0;  // blocks; 0: there is one for each granule
    };
    // Of a region or a unit: the blocks that begin before it, and what it has of its own.
    struct Part {
        Number before = 0;
        std::uint32_t index = kNone;
    };

    // Of all units, and of those and of regions that have something of their own.
    struct Parts {
        std::uint64_t units = 0, divided = 0, mapped = 0;
    };
    static Parts parts_of(std::span<const Extent> blocks);

    void add_unit(Part& unit, Number last);
    void add_region(Part& region, Number last);
    Number first_from(std::uint64_t address, Number first, Number last) const;
    Number last_of(Number first, Number last, std::uint64_t address) const;

    std::vector<Extent> blocks_;
    std::vector<Part> units_;     // of the whole span, and one that ends it
    std::vector<Part> regions_;   // kRegions for each unit with an index
    std::vector<Starts> starts_;  // kStarts for each region with an index
    std::uint64_t lowest_ = 0, span_ = 0, first_unit_ = 0;
};

inline const void* BlockIndex::memory_of_last_at(std::uint64_t covered) const {
    const Part* part = &units_[(covered >> kUnitBits) - first_unit_];
    if (part->index == kNone) return nullptr;
    part = &regions_[part->index * kRegions + ((covered >> kRegionBits) & (kRegions - 2))];
    if (part->index == kNone) return nullptr;
    return &starts_[part->index * kStarts + ((covered >> kStartsBits) & (kStarts - 1))];
}

inline Number BlockIndex::last_at(std::uint64_t covered) const {
    const Part* part = &units_[(covered >> kUnitBits) - first_unit_];
    if (part->index == kNone) return last_of(part[0].before, part[1].before, covered);
    part = &regions_[part->index * kRegions + ((covered >> kRegionBits) & (kRegions - 2))];
    if (part->index == kNone) return last_of(part[0].before, part[1].before, covered);
    const Starts& starts =
        starts_[part->index * kStarts + ((covered >> kStartsBits) & (kStarts - 1))];
    const unsigned granule = (covered >> kGranuleBits) & 63;
    if (starts.searched != 0)
        return last_of(starts.before, starts.before + starts.searched, covered);
    const std::uint64_t until = starts.granules & (~std::uint64_t{0} >> (63 - granule));
    return starts.before + static_cast<Number>(std::popcount(until)) - 1;
}

inline BlockIndex::Place BlockIndex::place(Number last, std::uint64_t covered) const {
    if (last == kNone) return {};
    if (blocks_[last].address > covered) {  // it begins later in the same granule
        if (last == 0) return {};
        --last;
    }
    const Extent& block = blocks_[last];
    const std::uint64_t offset = covered - block.address;
    const bool in = offset < std::max<std::uint64_t>(block.size, 1);
    return in || (offset == kWord && block.size == kWord) ? Place{last, offset} : Place{};
}

}  // namespace mt::core::graph

#endif
