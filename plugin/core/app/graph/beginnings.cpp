// SPDX-License-Identifier: MIT
//
// See beginnings.h.
#include "app/graph/beginnings.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kWideCookie = 16;   // of elements that are aligned to more than a word
constexpr std::uint64_t kOffsetToTop = 16;  // before where a vtable pointer points to

}  // namespace

bool Beginnings::word_at(std::uint64_t address, std::uint64_t& word) const {
    const Result<std::size_t> got = read_(address, &word, sizeof word);
    return got && *got == sizeof word;
}

bool Beginnings::is_behind_cookie(const graph::Extent& block, std::uint64_t offset) const {
    if ((offset != kWord && offset != kWideCookie) || block.size <= offset) return false;
    std::uint64_t count = 0;
    if (!word_at(block.address + offset - kWord, count)) return false;
    const std::uint64_t bytes = block.size - offset;
    return count != 0 && count <= bytes && bytes % count == 0;
}

bool Beginnings::is_vtable_for(std::uint64_t vtable, std::uint64_t offset) const {
    std::uint64_t to_top = 0;
    return range_at(modules_, vtable) != nullptr && word_at(vtable - kOffsetToTop, to_top) &&
           to_top == 0 - offset;
}

bool Beginnings::is_base(const graph::Extent& block, std::uint64_t offset) const {
    std::uint64_t first = 0, other = 0;
    return block.size >= kWord && offset <= block.size - kWord &&
           word_at(block.address + offset, other) && is_vtable_for(other, offset) &&
           word_at(block.address, first) && is_vtable_for(first, 0);
}

bool Beginnings::is_one(const graph::Extent& block, std::uint64_t offset) const {
    return offset % kWord == 0 && (is_behind_cookie(block, offset) || is_base(block, offset));
}

}  // namespace mt::core
