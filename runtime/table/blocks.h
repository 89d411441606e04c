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

    // blocks may be closer than 32 bytes (any allocator but libc's).
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
    static u32 page_of(u64 address) {
        return static_cast<u32>(address >> kPageBits) & (kPagesPerRegion - 1);
    }
    static u32 leaf_slot(u64 address) { return (address & 0xfff) >> kLeafGranuleBits; }
    static u32 fine_slot(u64 address) { return (address & 0xfff) >> kFineGranuleBits; }
    static u32 split_slot(u64 address) { return ((address & 0xfff) >> kSplitBits) * kLineWords; }

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
    u64* piece(u64& slot, u32 words);
    bool insert_in_leaves(Page& page, u64 address, u64 word);

    Pool* pool_ = nullptr;
    u64 top_[kTopEntries];  // address >> kTopShift -> a level, or the empty one -> Region
    u64* regions_ = nullptr;
    u64* region_count_ = nullptr;
};

inline Region* Blocks::prefetch(u64 address) const {
    Region* region = region_of(address);
    if (region == nullptr) return nullptr;
    __builtin_prefetch(&region->page[page_of(address)]);
    __builtin_prefetch(region->line[page_of(address)]);
    return region;
}

inline u64* Blocks::find(u64 address) const {
    if (!holds(address)) return nullptr;
    Region* region = region_of(address);
    if (region == nullptr) return nullptr;
    const Page& page = region->page[page_of(address)];
    if (u64* split = pointer<u64>(load(page.split))) {
        if (u64* leaf = pointer<u64>(load(page.leaf))) {
            u64& slot = leaf[leaf_slot(address)];
            if (is_word_of(load(slot), address)) return &slot;
            if (u64* fine = pointer<u64>(load(page.fine))) {
                u64& exact = fine[fine_slot(address)];
                if (load(exact) != 0) return &exact;
            }
        }
        u64* words = split + split_slot(address);
        if (const u32 match = scan(words, address).match) return first_of(words, match);
    }
    u64* line = region->line[page_of(address)];
    if (const u32 match = scan(line, address).match) return first_of(line, match);
    if (u64* middle = pointer<u64>(load(page.middle))) {
        for (u32 part = 0; part < kMiddleWords; part += kLineWords) {
            if (const u32 match = scan(middle + part, address).match) {
                return first_of(middle + part, match);
            }
        }
    }
    return nullptr;
}

[[gnu::always_inline]] inline Blocks::Place Blocks::place(Region* region, u64 address, u64 size) {
    if (region == nullptr) return {};
    const Page& page = region->page[page_of(address)];
    u64* line = region->line[page_of(address)];
    const Scan in_line = scan(line, address);
    if (in_line.match != 0) return {first_of(line, in_line.match), nullptr};
    u64* empty = in_line.empty != 0 ? first_of(line, in_line.empty) : nullptr;
    if (u64* middle = pointer<u64>(load(page.middle))) {
        for (u32 part = 0; part < kMiddleWords; part += kLineWords) {
            const Scan in_part = scan(middle + part, address);
            if (in_part.match != 0) return {first_of(middle + part, in_part.match), nullptr};
            if (empty == nullptr && size >= kSmallBlock && in_part.empty != 0) {
                empty = first_of(middle + part, in_part.empty);
            }
        }
    }
    u64* split = pointer<u64>(load(page.split));
    if (split == nullptr) return {nullptr, empty};
    u64* words = split + split_slot(address);
    const Scan in_split = scan(words, address);
    if (in_split.match != 0) return {first_of(words, in_split.match), nullptr};
    const bool takes_large = size < kSmallBlock || load(page.middle) != 0;
    if (empty == nullptr && takes_large && in_split.empty != 0) {
        empty = first_of(words, in_split.empty);
    }
    u64* leaf = pointer<u64>(load(page.leaf));
    if (leaf == nullptr) return {nullptr, empty};
    u64& slot = leaf[leaf_slot(address)];
    const u64 word = load(slot);
    if (is_word_of(word, address)) return {&slot, nullptr};
    if (empty == nullptr && word == 0) empty = &slot;
    if (u64* fine = pointer<u64>(load(page.fine))) {
        u64& exact = fine[fine_slot(address)];
        if (load(exact) != 0) return {&exact, nullptr};
        if (empty == nullptr) empty = &exact;
    }
    return {nullptr, empty};
}

}  // namespace mt::runtime

#endif
