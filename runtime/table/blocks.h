// SPDX-License-Identifier: MIT
//
// The live blocks: one 8-byte word each, found by address, without a lock and
// without ever moving (abi/layout.h, "live blocks"; the structure and its
// measurements are in docs/design.md). Knows nothing about counters.
#ifndef MEMTRACE_TABLE_BLOCKS_H
#define MEMTRACE_TABLE_BLOCKS_H

#include "abi/layout.h"
#include "os/cpu.h"
#include "os/process.h"
#include "stack/machine.h"
#include "table/pool.h"
#include "table/publish.h"
#include "table/scan.h"

namespace mt::runtime {

class Blocks {
  public:
    // Where a block's word is, or may go. Neither: the page has no room yet.
    struct Place {
        u64* found = nullptr;
        u64* empty = nullptr;
    };

    void attach(Pool& pool, u64& regions, u64& region_count);

    // Where the word of the block at `address` stands; nullptr: not traced.
    u64* find(u64 address) const;
    // The same, and where a block of `size` bytes would go, in its region.
    static Place place(Region* region, u64 address, u64 size);
    Place place(u64 address, u64 size) const { return place(region_of(address), address, size); }
    // Adds a word for `address`, which must not be there. The caller owns the
    // address: no other thread inserts or erases it. False: no memory.
    bool insert(u64 address, u64 word);
    // Puts it where place() said; false if another block has got there since.
    static bool claim(u64* empty, u64 word) {
        if (empty == nullptr) return false;
        if (os::has_one_thread()) return os::exchange_alone(*empty, 0, word);
        return exchange_if<u64>(*empty, 0, word);
    }
    // Where the stamp of the word at `slot` stands, which is that of the block at
    // `address`. nullptr: it has none; or, if one is to be made, there is no memory.
    u64* stamp(u64 address, const u64* slot, bool makes) const;
    // The region of an address that holds() is true of; nullptr: there is none yet. Fetches into
    // the caches what an event about the address will look at.
    Region* prefetch(u64 address) const;
    static bool holds(u64 address) { return address >> kAddressBits == 0 && address % 8 == 0; }

  private:
    static constexpr u32 kAddressBits = stack::machine::kAddressBits;
    static u64 offset_of(u64 address) { return address & ((u64{1} << kRegionBits) - 1); }
    static u32 page_of(u64 address) { return static_cast<u32>(offset_of(address) >> kPageBits); }
    static u32 sheet_of(u64 address) { return static_cast<u32>(offset_of(address) >> kSheetBits); }
    static u64* line_of(Region& region, u64 address) {
        return region.line[offset_of(address) >> kLineBits];
    }
    static u8& places_of(Region& region, u64 address) {
        return reinterpret_cast<u8*>(region.places)[page_of(address)];
    }
    // Of a page that has granules; of the second sheet, second granules.
    static u64* granule(const Region& region, u32 which, u64 address) {
        return pointer<u64>(load(region.sheet[which][sheet_of(address)])) +
               (address >> kGranuleBits & (kSheetWords - 1));
    }
    static u64* fine_word(const Region& region, u64 address) {
        return pointer<u64>(load(region.fine[page_of(address)])) +
               ((address & 0xfff) >> kFineGranuleBits);
    }

    // Two steps: a directory of all addresses at once would be 16 MiB of address space,
    // of which some programs may have little.
    static constexpr u32 kLevelBits = 12;
    static constexpr u32 kTopShift = kRegionBits + kLevelBits;
    static constexpr u64 kLevelEntries = 1u << kLevelBits;
    static constexpr u64 kTopEntries = 1u << (kAddressBits - kTopShift);
    static u64 empty_level_[kLevelEntries];

    static u64 level_index(u64 address) { return address >> kRegionBits & (kLevelEntries - 1); }
    Region* region_of(u64 address) const {
        const u64* level = pointer<const u64>(load(top_[address >> kTopShift]));
        return pointer<Region>(load(level[level_index(address)]));
    }
    u64* level_for(u64 address);
    Region* make_region(u64 address);
    void map_ahead(Region& region, u64 address);
    u64* mapping(u64& slot, u64 size, bool is_sparse = false) const;
    static void mark(u8& places, u8 place);
    static bool open_line(Region& region, u64 address);
    bool open_granules(Region& region, u32 which, u64 address);
    bool insert_in_granules(Region& region, u64 address, u64 word);
    bool insert_in_leaf(Region& region, u64 address, u64 word);

    Pool* pool_ = nullptr;
    u64 top_[kTopEntries];  // address >> kTopShift -> a level, or the empty one -> Region
    u64* regions_ = nullptr;
    u64* region_count_ = nullptr;
};

inline Region* Blocks::prefetch(u64 address) const {
    Region* region = region_of(address);
    if (region == nullptr) return nullptr;
    const u8 places = load(places_of(*region, address));
    if ((places & kHasGranules) != 0) __builtin_prefetch(granule(*region, 0, address));
    if ((places & kHasSecond) != 0) __builtin_prefetch(granule(*region, 1, address));
    if (places != kHasGranules) __builtin_prefetch(line_of(*region, address));
    return region;
}

inline u64* Blocks::find(u64 address) const {
    if (!holds(address)) return nullptr;
    Region* region = region_of(address);
    if (region == nullptr) return nullptr;
    const u8 places = load(places_of(*region, address));
    if ((places & kHasGranules) != 0) {
        u64* first = granule(*region, 0, address);
        if (is_word_of(load(*first), address)) return first;
        if ((places & kHasSecond) != 0) {
            u64* second = granule(*region, 1, address);
            if (is_word_of(load(*second), address)) return second;
        }
    }
    if ((places & kHasLine) != 0) {
        u64* line = line_of(*region, address);
        if (const u32 match = scan(line, address).match) return first_of(line, match);
    }
    if ((places & kHasLeaf) != 0) {
        u64* exact = fine_word(*region, address);
        if (load(*exact) != 0) return exact;
    }
    return nullptr;
}

[[gnu::always_inline]] inline Blocks::Place Blocks::place(Region* region, u64 address, u64 size) {
    if (region == nullptr) return {};
    const u8 places = load(places_of(*region, address));
    u64* empty = nullptr;
    bool takes_line = true;
    if ((places & kHasGranules) != 0) {
        u64* first = granule(*region, 0, address);
        const u64 word = load(*first);
        if (is_word_of(word, address)) return {first, nullptr};
        const bool is_small = size < kSmallBlock;
        if (is_small && word == 0) empty = first;
        if (__builtin_expect(places == kHasGranules, 1)) return {nullptr, empty};
        if ((places & kHasSecond) != 0) {
            u64* second = granule(*region, 1, address);
            const u64 other = load(*second);
            if (is_word_of(other, address)) return {second, nullptr};
            if (is_small && empty == nullptr && other == 0) empty = second;
        } else {
            takes_line = !is_small;
        }
    }
    if ((places & kHasLine) != 0) {
        u64* line = line_of(*region, address);
        const Scan in_line = scan(line, address);
        if (in_line.match != 0) return {first_of(line, in_line.match), nullptr};
        if (empty == nullptr && takes_line && in_line.empty != 0) {
            empty = first_of(line, in_line.empty);
        }
    }
    if ((places & kHasLeaf) != 0) {
        u64* exact = fine_word(*region, address);
        if (load(*exact) != 0) return {exact, nullptr};
    }
    return {nullptr, empty};
}

}  // namespace mt::runtime

#endif
