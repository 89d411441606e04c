// SPDX-License-Identifier: MIT
//
// See block_index.h. Addresses and sizes are a stranger's: each is checked before it is used.
#include "graph/block_index.h"

#include <string>
#include <utility>

namespace mt::core::graph {
namespace {

constexpr std::uint64_t kAddressEnd = std::uint64_t{1} << 57;
// Behind the last block: the end of an array of none (8), and marks in the low bits.
constexpr std::uint64_t kBehind = 16;

Result<void> check_blocks(const std::vector<Extent>& blocks, const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::uint64_t before = 0;
    for (const Extent& block : blocks) {
        if (stop()) return interrupted_error();
        if (block.address <= before)
            return fail(Code::damaged, "the list of blocks is not in order of address",
                        block.address);
        if (block.address >= kAddressEnd || block.size > kAddressEnd - block.address)
            return fail(Code::damaged, "a block lies where no memory can be", block.address);
        before = block.address;
    }
    return {};
}

}  // namespace

Result<void> BlockIndex::check_count(std::uint64_t blocks) {
    if (blocks <= kMostBlocks) return {};
    return fail(Code::refused, "there are " + std::to_string(blocks) +
                                   " blocks; pointers can be followed among " +
                                   std::to_string(kMostBlocks) + " at most");
}

std::uint64_t BlockIndex::memory_needed(std::span<const Extent> blocks) {
    const Parts parts = parts_of(blocks);
    return (parts.units + parts.divided * kRegions) * sizeof(Part) +
           parts.mapped * kStarts * sizeof(Starts);
}

BlockIndex::Parts BlockIndex::parts_of(std::span<const Extent> blocks) {
    Parts parts;
    if (blocks.empty()) return parts;
    std::uint64_t end = 0, region = kAddressEnd, unit = kAddressEnd;
    Number in_region = 0, in_unit = 0;
    for (const Extent& block : blocks) {
        if (std::exchange(region, block.address >> kRegionBits) != region) in_region = 0;
        if (std::exchange(unit, block.address >> kUnitBits) != unit) in_unit = 0;
        if (++in_region == kFew) ++parts.mapped;
        if (++in_unit == kFew) ++parts.divided;
        end = std::max(end, block.address + block.size);
    }
    parts.units = ((end + kBehind) >> kUnitBits) - (blocks.front().address >> kUnitBits) + 2;
    return parts;
}

Result<BlockIndex> BlockIndex::make(std::vector<Extent> blocks, const Interrupted& interrupted) {
    MT_TRY(check_count(blocks.size()));
    MT_TRY(check_blocks(blocks, interrupted));
    BlockIndex index;
    index.blocks_ = std::move(blocks);
    if (index.blocks_.empty()) return index;
    std::uint64_t end = 0;
    for (const Extent& block : index.blocks_) end = std::max(end, block.address + block.size);
    index.lowest_ = index.blocks_.front().address;
    index.span_ = end + kBehind - index.lowest_;
    index.first_unit_ = index.lowest_ >> kUnitBits;
    const Parts parts = parts_of(index.blocks_);
    index.units_.resize(parts.units);
    index.regions_.reserve(parts.divided * kRegions);
    index.starts_.reserve(parts.mapped * kStarts);
    Stride stop(interrupted);
    Number first = 0;
    for (std::size_t i = 0; i + 1 < index.units_.size(); ++i) {
        if (stop()) return interrupted_error();
        const std::uint64_t next = (index.first_unit_ + i + 1) << kUnitBits;
        const Number last = index.first_from(next, first, index.size());
        index.units_[i].before = first;
        if (last - first >= kFew) index.add_unit(index.units_[i], last);
        first = last;
    }
    index.units_.back().before = first;
    return index;
}

// `last` is the first block that begins behind the unit.
void BlockIndex::add_unit(Part& unit, Number last) {
    unit.index = static_cast<std::uint32_t>(regions_.size() / kRegions);
    regions_.resize(regions_.size() + kRegions);
    Part* region = &regions_[unit.index * kRegions];
    std::uint64_t end = blocks_[unit.before].address >> kUnitBits << kUnitBits;
    Number first = unit.before;
    for (std::size_t i = 0; i + 1 < kRegions; ++i, ++region) {
        end += std::uint64_t{1} << kRegionBits;
        const Number next = first_from(end, first, last);
        region->before = first;
        if (next - first >= kFew) add_region(*region, next);
        first = next;
    }
    region->before = first;
}

void BlockIndex::add_region(Part& region, Number last) {
    region.index = static_cast<std::uint32_t>(starts_.size() / kStarts);
    starts_.resize(starts_.size() + kStarts);
    Starts* const starts = &starts_[region.index * kStarts];
    for (Number i = region.before; i < last; ++i) {
        const std::uint64_t address = blocks_[i].address;
        Starts& own = starts[(address >> kStartsBits) & (kStarts - 1)];
        own.granules |= std::uint64_t{1} << ((address >> kGranuleBits) & 63);
        ++own.searched;
    }
    Number before = region.before;
    for (std::size_t i = 0; i < kStarts; ++i) {
        starts[i].before = before;
        before += starts[i].searched;
        if (static_cast<Number>(std::popcount(starts[i].granules)) == starts[i].searched)
            starts[i].searched = 0;
    }
}

// The first of the blocks [first, last) that begins at or after the address.
Number BlockIndex::first_from(std::uint64_t address, Number first, Number last) const {
    const auto from = blocks_.begin() + first;
    return first +
           static_cast<Number>(std::lower_bound(from, blocks_.begin() + last, address,
                                                [](const Extent& block, std::uint64_t limit) {
                                                    return block.address < limit;
                                                }) -
                               from);
}

// The last that begins at or before the address, where those before `first` do.
Number BlockIndex::last_of(Number first, Number last, std::uint64_t address) const {
    return first_from(address + 1, first, last) - 1;
}

}  // namespace mt::core::graph
