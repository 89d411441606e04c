// SPDX-License-Identifier: MIT
#include "table/blocks.h"

namespace mt::runtime {
namespace {

constexpr u64 kSheetBytes = kSheetWords * sizeof(u64);
constexpr bool kSparse = true;

// Into any of `count` words.
bool put(u64* words, u32 count, u64 word) {
    for (u32 i = 0; i < count; ++i) {
        if (load(words[i]) == 0 && exchange_if<u64>(words[i], 0, word)) return true;
    }
    return false;
}

}  // namespace

alignas(kPageSize) u64 Blocks::empty_level_[kLevelEntries];

void Blocks::attach(Pool& pool, u64& regions, u64& region_count) {
    pool_ = &pool;
    regions_ = &regions;
    region_count_ = &region_count;
    for (u64& entry : top_) entry = address_of(empty_level_);
}

u64* Blocks::level_for(u64 address) {
    u64& entry = top_[address >> kTopShift];
    if (load(entry) == address_of(empty_level_)) {
        void* fresh = pool_->take(kLevelEntries * sizeof(u64));
        if (fresh == nullptr) return nullptr;
        exchange_if<u64>(entry, address_of(empty_level_), address_of(fresh));
    }
    return pointer<u64>(load(entry));
}

Region* Blocks::make_region(u64 address) {
    u64* level = level_for(address);
    if (level == nullptr) return nullptr;
    auto* region = static_cast<Region*>(pool_->take_sparse(sizeof(Region), true));
    if (region == nullptr || !Pool::open_page(region->places, sizeof(region->places))) {
        return nullptr;
    }
    region->base = address >> kRegionBits << kRegionBits;
    region->self = address_of(region);
    // Into the readers' list first, so that no block is ever in a region that
    // they cannot see. The loser of a race stays in the list, empty.
    push_front(*regions_, *region);
    add_shared(*region_count_, 1);
    u64& entry = level[level_index(address)];
    if (!exchange_if<u64>(entry, 0, address_of(region))) return pointer<Region>(load(entry));
    map_ahead(*region, address);
    return region;
}

// What 10 000 small blocks need: the program may forbid itself to map more (strict.c).
void Blocks::map_ahead(Region& region, u64 address) {
    const u32 number = sheet_of(address);
    for (u32 which = 0; which < 2; ++which) {
        for (u32 i = number; i < number + 2 && i < kSheetsPerRegion; ++i) {
            mapping(region.sheet[which][i], kSheetBytes, kSparse);
        }
    }
}

// The mapping that `slot` refers to, made on first use. One word of it is written to before
// anybody sees it: the kernel leaves out of a core what nobody ever wrote to, and a reader
// could not tell that from blocks that are missing (sessions: inside_malloc). Of a sheet, its
// page counts as memory once its group is opened.
u64* Blocks::mapping(u64& slot, u64 size, bool is_sparse) const {
    if (load(slot) == 0) {
        void* fresh = is_sparse ? pool_->take_sparse(size) : pool_->take_mapping(size);
        if (fresh == nullptr) return nullptr;
        if (is_sparse) publish(*static_cast<u64*>(fresh), u64{0});
        if (!exchange_if<u64>(slot, 0, address_of(fresh))) pool_->give_back(fresh);
    }
    return pointer<u64>(load(slot));
}

// Before a word stands there: who looks for it is its own thread, or has got the address from it.
void Blocks::mark(u8& places, u8 place) {
    if ((load(places) & place) == 0) __atomic_fetch_or(&places, place, __ATOMIC_RELEASE);
}

bool Blocks::open_line(Region& region, u64 address) {
    u8& places = places_of(region, address);
    if ((load(places) & kHasLine) != 0) return true;
    if (!Pool::open_page(line_of(region, address))) return false;
    mark(places, kHasLine);
    return true;
}

// The words that a page of the group may have in a sheet share a page, which now counts.
bool Blocks::open_granules(Region& region, u32 which, u64 address) {
    u64& sheet = region.sheet[which][sheet_of(address)];
    if (mapping(sheet, kSheetBytes, kSparse) == nullptr) return false;
    const u64 bits = u64{0x0101010101010101} << which;
    static_assert(kHasGranules == 1 && kHasSecond == 2);
    if (!Pool::open_page(granule(region, which, address))) return false;
    u64& group = region.places[page_of(address) / kPagesPerGroup];
    const u64 old = __atomic_fetch_or(&group, bits, __ATOMIC_ACQ_REL);
    if ((old & bits) != bits) pool_->count_touched(kPageSize);
    return true;
}

bool Blocks::insert_in_granules(Region& region, u64 address, u64 word) {
    const u8& places = places_of(region, address);
    for (u32 which = 0; which < 2; ++which) {
        const bool is_open = (load(places) & kHasGranules << which) != 0;
        if (!is_open && !open_granules(region, which, address)) return false;
        if (exchange_if<u64>(*granule(region, which, address), 0, word)) return true;
    }
    return false;
}

// Allocators with classes below 32 bytes put more than two blocks into one granule.
bool Blocks::insert_in_leaf(Region& region, u64 address, u64 word) {
    u64& leaf = region.fine[page_of(address)];
    u8& places = places_of(region, address);
    // On a full disk a look at a hole is refused as a store is.
    if ((load(places) & kHasLeaf) == 0 && !Pool::open_page(&leaf)) return false;
    if (load(leaf) == 0) {
        void* fresh = pool_->take(kFineWords * sizeof(u64));
        if (fresh == nullptr) return false;
        exchange_if<u64>(leaf, 0, address_of(fresh));
    }
    mark(places, kHasLeaf);
    publish(*fine_word(region, address), word);
    return true;
}

bool Blocks::insert(u64 address, u64 word) {
    Region* region = region_of(address);
    if (region == nullptr && (region = make_region(address)) == nullptr) return false;
    u8& places = places_of(*region, address);
    const bool goes_there = (load(places) & kHasGranules) != 0 && word_size(word) < kSmallBlock;
    if (goes_there && insert_in_granules(*region, address, word)) return true;
    if (!open_line(*region, address)) return false;
    if (put(line_of(*region, address), kLineWords, word)) return true;
    if (!goes_there && insert_in_granules(*region, address, word)) return true;
    return insert_in_leaf(*region, address, word);
}

u64* Blocks::stamp(u64 address, const u64* slot, bool makes) const {
    Region& region = *region_of(address);
    const auto beside = [&](const u64* words, u64 count, u64& stamps) -> u64* {
        if (load(stamps) == 0 && (!makes || mapping(stamps, count * sizeof(u64)) == nullptr)) {
            return nullptr;
        }
        return pointer<u64>(load(stamps)) + (slot - words);
    };
    constexpr u64 kWords = u64{kLinesPerRegion} * kLineWords;
    const u64* lines = region.line[0];
    if (slot >= lines && slot < lines + kWords) return beside(lines, kWords, region.stamps);
    for (u32 which = 0; which < 2; ++which) {
        const u64* sheet = pointer<u64>(load(region.sheet[which][sheet_of(address)]));
        if (sheet == nullptr || slot < sheet || slot >= sheet + kSheetWords) continue;
        return beside(sheet, kSheetWords, region.sheet_stamps[which][sheet_of(address)]);
    }
    return pool_->beside(slot, makes);
}

}  // namespace mt::runtime
