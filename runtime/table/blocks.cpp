// SPDX-License-Identifier: MIT
#include "table/blocks.h"

#include "os/pages.h"
#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u32 kAddressBits = 47;
constexpr u64 kDirectoryEntries = 1ull << (kAddressBits - kRegionBits);

u32 page_of(u64 address) { return static_cast<u32>(address >> kPageBits) & (kPagesPerRegion - 1); }
u32 leaf_slot(u64 address) { return (address & 0xfff) >> kLeafGranuleBits; }
u32 fine_slot(u64 address) { return (address & 0xfff) >> kFineGranuleBits; }

bool is_word_of(u64 word, u64 address) {
    return word != 0 && word_offset(word) == (address & 0xfff);
}

u64* scan(u64* words, u32 count, u64 address) {
    for (u32 i = 0; i < count; ++i) {
        if (is_word_of(__atomic_load_n(&words[i], __ATOMIC_RELAXED), address)) return &words[i];
    }
    return nullptr;
}

// Starts at a place that depends on the address, so that neighbours seldom
// meet in one word.
bool put(u64* words, u32 count, u64 address, u64 word) {
    const u32 start = static_cast<u32>(address >> 9);
    for (u32 i = 0; i < count; ++i) {
        u64& slot = words[(start + i) & (count - 1)];
        if (__atomic_load_n(&slot, __ATOMIC_RELAXED) == 0 && exchange_if<u64>(slot, 0, word)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool Blocks::attach(Pool& pool, u64& regions, u64& region_count) {
    pool_ = &pool;
    regions_ = &regions;
    region_count_ = &region_count;
    directory_ = static_cast<u64*>(pool.take_sparse_index(kDirectoryEntries * sizeof(u64)));
    return directory_ != nullptr;
}

Region* Blocks::region_of(u64 address) const {
    return pointer<Region>(load(directory_[address >> kRegionBits]));
}

Region* Blocks::make_region(u64 address) {
    auto* region = static_cast<Region*>(pool_->take_mapping(sizeof(Region)));
    if (region == nullptr) return nullptr;
    region->base = address >> kRegionBits << kRegionBits;
    // Into the readers' list first, so that no block is ever in a region that
    // they cannot see. The loser of a race stays in the list, empty.
    u64 head = load(*regions_);
    do {
        region->next = head;
    } while (!__atomic_compare_exchange_n(regions_, &head, address_of(region), false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    add_shared(*region_count_, 1);
    u64& entry = directory_[address >> kRegionBits];
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

u64* Blocks::find(u64 address) const {
    if (!holds(address)) return nullptr;
    Region* region = region_of(address);
    if (region == nullptr) return nullptr;
    const u32 page = page_of(address);
    if (u64* leaf = pointer<u64>(load(region->leaf[page]))) {
        u64& slot = leaf[leaf_slot(address)];
        if (is_word_of(load(slot), address)) return &slot;
        if (u64* fine = pointer<u64>(load(region->fine[page]))) {
            u64& exact = fine[fine_slot(address)];
            if (load(exact) != 0) return &exact;
        }
    }
    if (u64* slot = scan(region->line[page], kLineWords, address)) return slot;
    if (u64* middle = pointer<u64>(load(region->middle[page]))) {
        return scan(middle, kMiddleWords, address);
    }
    return nullptr;
}

bool Blocks::insert_in_leaves(Region* region, u32 page, u64 address, u64 word) {
    u64* leaf = piece(region->leaf[page], kLeafWords);
    if (leaf == nullptr) return false;
    if (exchange_if<u64>(leaf[leaf_slot(address)], 0, word)) return true;
    // Allocators with classes below 32 bytes put two blocks into one granule.
    u64* fine = piece(region->fine[page], kFineWords);
    if (fine == nullptr) return false;
    publish(fine[fine_slot(address)], word);
    return true;
}

bool Blocks::insert(u64 address, u64 word) {
    Region* region = region_of(address);
    if (region == nullptr && (region = make_region(address)) == nullptr) return false;
    const u32 page = page_of(address);
    if (load(region->leaf[page]) != 0) return insert_in_leaves(region, page, address, word);
    if (put(region->line[page], kLineWords, address, word)) return true;
    u64* middle = piece(region->middle[page], kMiddleWords);
    if (middle != nullptr && put(middle, kMiddleWords, address, word)) return true;
    return insert_in_leaves(region, page, address, word);
}

}  // namespace mt::runtime
