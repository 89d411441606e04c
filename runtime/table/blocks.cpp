// SPDX-License-Identifier: MIT
#include "table/blocks.h"

namespace mt::runtime {
namespace {

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
    auto* region = static_cast<Region*>(pool_->take_mapping(sizeof(Region)));
    if (region == nullptr) return nullptr;
    region->base = address >> kRegionBits << kRegionBits;
    region->self = address_of(region);
    // Into the readers' list first, so that no block is ever in a region that
    // they cannot see. The loser of a race stays in the list, empty.
    push_front(*regions_, *region);
    add_shared(*region_count_, 1);
    u64& entry = level[level_index(address)];
    return exchange_if<u64>(entry, 0, address_of(region)) ? region : pointer<Region>(load(entry));
}

// The piece that `slot` refers to, made on first use.
u64* Blocks::piece(u64& slot, u32 words) {
    u64 at = load(slot);
    if (at != 0) return pointer<u64>(at);
    void* fresh = pool_->take(words * sizeof(u64));
    if (fresh == nullptr) return nullptr;
    if (exchange_if<u64>(slot, 0, address_of(fresh))) return static_cast<u64*>(fresh);
    return pointer<u64>(load(slot));
}

bool Blocks::insert_in_leaves(Page& page, u64 address, u64 word) {
    u64* leaf = piece(page.leaf, kLeafWords);
    if (leaf == nullptr) return false;
    if (exchange_if<u64>(leaf[leaf_slot(address)], 0, word)) return true;
    // Allocators with classes below 32 bytes put two blocks into one granule.
    u64* fine = piece(page.fine, kFineWords);
    if (fine == nullptr) return false;
    publish(fine[fine_slot(address)], word);
    return true;
}

bool Blocks::insert(u64 address, u64 word) {
    Region* region = region_of(address);
    if (region == nullptr && (region = make_region(address)) == nullptr) return false;
    Page& page = region->page[page_of(address)];
    if (put(region->line[page_of(address)], kLineWords, word)) return true;
    if (word_size(word) >= kSmallBlock) {
        u64* middle = piece(page.middle, kMiddleWords);
        if (middle != nullptr && put(middle, kMiddleWords, word)) return true;
    }
    u64* split = piece(page.split, kSplitWords);
    if (split == nullptr) return false;  // find() looks for leaves behind it only
    if (put(split + split_slot(address), kLineWords, word)) return true;
    return insert_in_leaves(page, address, word);
}

u64* Blocks::stamp(u64 address, const u64* slot, bool makes) const {
    Region* region = region_of(address);
    const u64* line = region->line[page_of(address)];
    if (slot < line || slot >= line + kLineWords) return pool_->beside(slot, makes);
    if (load(region->stamps) == 0) {
        void* fresh = makes ? pool_->take_mapping(sizeof(Region::line)) : nullptr;
        if (fresh == nullptr) return nullptr;
        if (!exchange_if<u64>(region->stamps, 0, address_of(fresh))) pool_->give_back(fresh);
    }
    return pointer<u64>(load(region->stamps)) + (slot - region->line[0]);
}

}  // namespace mt::runtime
