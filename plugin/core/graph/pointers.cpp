// SPDX-License-Identifier: MIT
//
// See pointers.h.
#include "graph/pointers.h"

#include <algorithm>

namespace mt::core::graph {
namespace {

constexpr std::size_t kBatch = 2048;  // 24 KiB with positions: the first cache holds it

}  // namespace

struct PointerFinder::Batch {
    std::uint64_t values[kBatch];
    std::uint32_t positions[kBatch];
    Number last[kBatch];
    std::size_t count = 0;
};

void PointerFinder::find(std::span<const std::uint64_t> words,
                         std::vector<Pointer>& pointers) const {
    Batch batch;
    const std::uint64_t kept = ~rules_.tag_mask, lowest = index_.lowest(), span = index_.span();
    for (std::size_t first = 0; first < words.size(); first += kBatch) {
        const std::size_t end = std::min(words.size(), first + kBatch);
        std::size_t count = 0;
        for (std::size_t i = first; i < end; ++i) {
            const std::uint64_t value = words[i] & kept;
            batch.values[count] = value;
            batch.positions[count] = static_cast<std::uint32_t>(i);
            count += value - lowest < span ? 1 : 0;
        }
        batch.count = count;
        look_up(batch, pointers);
    }
}

void PointerFinder::look_up(Batch& batch, std::vector<Pointer>& pointers) const {
    for (std::size_t i = 0; i < batch.count; ++i)
        __builtin_prefetch(index_.memory_of_last_at(batch.values[i]));
    for (std::size_t i = 0; i < batch.count; ++i) {
        batch.last[i] = index_.last_at(batch.values[i]);
        __builtin_prefetch(index_.memory_of_place(batch.last[i]));
    }
    for (std::size_t i = 0; i < batch.count; ++i) {
        const std::uint64_t value = batch.values[i];
        BlockIndex::Place place = index_.place(batch.last[i], value);
        // The mark of a pointer to a block's last bytes may lead out of it.
        if (place.block == kNone && (value & rules_.low_tags) != 0)
            place = index_.find(value & ~rules_.low_tags);
        if (place.block != kNone) add(batch.positions[i], value, place, pointers);
    }
}

void PointerFinder::add(std::uint32_t position, std::uint64_t value, BlockIndex::Place place,
                        std::vector<Pointer>& pointers) const {
    const bool interior = !is_beginning(value, place);
    if (interior && rules_.strict) return;
    pointers.push_back({position, place.block | (interior ? kInterior : 0), place.offset});
}

bool PointerFinder::is_beginning(std::uint64_t value, BlockIndex::Place place) const {
    if (place.offset == 0) return true;
    const Extent& block = index_.blocks()[place.block];
    if (place.offset >= block.size) return true;  // the end of an array of none
    if ((value & ~rules_.low_tags) == block.address) return true;
    return rules_.is_beginning && rules_.is_beginning(place.block, place.offset);
}

}  // namespace mt::core::graph
