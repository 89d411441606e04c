// SPDX-License-Identifier: MIT
//
// See chunk_map.h.
#include "heap/chunk_map.h"

#include <algorithm>
#include <bit>

namespace mt::core::heap {

ChunkMap::ChunkMap(std::uint64_t start, std::uint64_t end) : start_(start), end_(end) {
    const std::size_t words = place(end) / 64 + 1;
    begins_.resize(words);
    used_.resize(words);
    kept_.resize(words);
}

void ChunkMap::name(std::uint64_t at, State state) {
    begin(at);
    const auto place = std::lower_bound(
        named_.begin(), named_.end(), at,
        [](const Named& named, std::uint64_t address) { return named.address < address; });
    if (place != named_.end() && place->address == at) {
        place->state = state;
    } else {
        named_.insert(place, {at, state});
    }
}

// The end, if none begins before.
std::uint64_t ChunkMap::next_begin(std::uint64_t at) const {
    if (at >= end_) return end_;
    std::size_t word = place(at) / 64;
    std::uint64_t bits = begins_[word] & ~std::uint64_t{0} << place(at) % 64;
    while (bits == 0 && ++word < begins_.size()) bits = begins_[word];
    if (bits == 0) return end_;
    const auto found = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    return std::min(end_, start_ + found * kGrain);
}

Chunk ChunkMap::chunk_at(std::uint64_t at) const {
    Chunk chunk{at, next_begin(at + kGrain) - at, State::binned};
    if (is_used(at)) chunk.state = is_kept(at) ? State::kept : State::used;
    const auto named = std::lower_bound(
        named_.begin(), named_.end(), at,
        [](const Named& one, std::uint64_t address) { return one.address < address; });
    if (named != named_.end() && named->address == at) chunk.state = named->state;
    return chunk;
}

std::optional<Chunk> ChunkMap::at(std::uint64_t address) const {
    if (address < start_ || address >= end_) return std::nullopt;
    std::size_t word = place(address) / 64;
    const auto bit = place(address) % 64;
    std::uint64_t bits = begins_[word] & ~std::uint64_t{0} >> (63 - bit);
    while (bits == 0 && word != 0) bits = begins_[--word];
    if (bits == 0) return std::nullopt;
    const auto found = word * 64 + 63 - static_cast<std::size_t>(std::countl_zero(bits));
    return chunk_at(start_ + found * kGrain);
}

std::optional<Chunk> ChunkMap::from(std::uint64_t address) const {
    const std::uint64_t aligned = (std::max(address, start_) + kGrain - 1) / kGrain * kGrain;
    const std::uint64_t begin = next_begin(aligned);
    if (begin >= end_) return std::nullopt;
    return chunk_at(begin);
}

}  // namespace mt::core::heap
