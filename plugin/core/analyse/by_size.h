// SPDX-License-Identifier: MIT
//
// Which sizes of blocks are together in a row of a histogram: those from one power of two
// to the next, or each for itself. Counts nothing.
#ifndef MEMTRACE_CORE_ANALYSE_BY_SIZE_H
#define MEMTRACE_CORE_ANALYSE_BY_SIZE_H

#include <bit>
#include <cstdint>
#include <string>

namespace mt::core {

struct SizeRange {
    std::uint64_t least = 0, most = 0;  // bytes, both within
};

// The row of a block; 0 has one to itself.
inline SizeRange size_range(std::uint64_t size, bool exact) {
    if (exact || size == 0) return {size, size};
    const std::uint64_t power = std::bit_floor(size);
    return {power, power | (power - 1)};
}

// "0 B", "64 B to below 128 B", "16.0 KiB to below 32.0 KiB".
std::string size_title(const SizeRange& range);

}  // namespace mt::core

#endif
