// SPDX-License-Identifier: MIT
//
// See mapped.h.
#include "heap/mapped.h"

#include <algorithm>

#include "heap/chunk_map.h"

namespace mt::core::heap {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMapped = 2, kFlags = 7;
// Since 2.43 the size is without the header that a neighbour would have.
constexpr std::uint64_t kWithout = 16;
constexpr std::uint64_t kNear = std::uint64_t{64} << 10;  // of malloc_par around the arena
constexpr std::uint64_t kMostMaps = 65536;                // n_mmaps_max, unless told otherwise
constexpr unsigned kLeastShift = 5, kMostShift = 30;      // of alignments

struct Header {
    std::uint64_t before, size;
    bool is_mapped;
};

Header header_at(Words& words, std::uint64_t at) {
    const std::uint64_t word = words.or_zero(at + 8);
    return {words.or_zero(at), word & ~kFlags, (word & kFlags) == kMapped};
}

// The mapping's bytes if a chunk that begins it has this header; 0: none has.
std::uint64_t whole(const Header& header, std::uint64_t room) {
    if (!header.is_mapped || header.before != 0) return 0;
    for (const std::uint64_t without : {std::uint64_t{0}, kWithout}) {
        const std::uint64_t bytes = header.size + without;
        if (bytes % kPage == 0 && bytes >= kPage && bytes <= room) return bytes;
    }
    return 0;
}

// memalign leaves the first header as it was and puts another before the block that it gives.
std::uint64_t aligned_chunk(Words& words, std::uint64_t start, std::uint64_t bytes) {
    const auto is_it = [&](std::uint64_t at) {
        if (at <= start || at + kHeader >= start + bytes) return false;
        const Header header = header_at(words, at);
        const bool ends =
            header.before + header.size == bytes || header.before + header.size + kWithout == bytes;
        return header.is_mapped && header.before == at - start && ends;
    };
    for (unsigned shift = kLeastShift; shift <= kMostShift; ++shift) {
        const std::uint64_t alignment = std::uint64_t{1} << shift;
        const std::uint64_t block = (start + kHeader + alignment - 1) / alignment * alignment;
        for (const std::uint64_t at : {block - kHeader, block - kHeader + alignment})
            if (is_it(at)) return at;
    }
    return start;
}

std::uint64_t int_at(Words& words, std::uint64_t at) {
    return words.or_zero(at / 8 * 8) >> at % 8 * 8 & 0xffffffff;
}

// n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold (ints, behind another int since 2.35);
// mmapped_mem, max_mmapped_mem, sbrk_base.
std::optional<MappedTotals> totals_at(Words& words, std::uint64_t at, std::uint64_t brk_start) {
    const std::uint64_t count = int_at(words, at), limit = int_at(words, at + 4);
    const std::uint64_t most = int_at(words, at + 8), is_fixed = int_at(words, at + 12);
    const std::uint64_t behind = (at + 16 + 7) / 8 * 8;
    const std::uint64_t bytes = words.or_zero(behind), most_bytes = words.or_zero(behind + 8);
    const std::uint64_t brk = words.or_zero(behind + 16);
    const bool counts_fit = count <= most && most <= limit && is_fixed <= 1;
    const bool bytes_fit = bytes % kPage == 0 && bytes <= most_bytes && most_bytes % kPage == 0 &&
                           (bytes == 0) == (count == 0) && (most_bytes == 0) == (most == 0);
    const bool is_there = brk_start != 0 ? brk == brk_start : limit == kMostMaps;
    if (!counts_fit || !bytes_fit || !is_there || limit == 0) return std::nullopt;
    return MappedTotals{count, bytes};
}

}  // namespace

std::optional<MappedTotals> find_totals(Words& words, const Books& books, std::uint64_t brk_start) {
    const std::uint64_t main = books.arenas.front().address;
    const std::uint64_t from = std::max(books.data.start, main - std::min(main, kNear));
    const std::uint64_t to = std::min(books.data.end, main + kNear);
    for (std::uint64_t at = (from + 3) / 4 * 4; at + 40 <= to; at += 4)
        if (const auto totals = totals_at(words, at, brk_start)) return totals;
    return std::nullopt;
}

Result<std::vector<MappedChunk>> find_mapped(Words& words, const std::vector<MemoryRegion>& ranges,
                                             const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::vector<MappedChunk> found;
    for (const MemoryRegion& range : ranges) {
        std::uint64_t page = (range.start + kPage - 1) / kPage * kPage;
        while (page + kPage <= range.end) {
            if (stop()) return interrupted_error();
            const std::uint64_t bytes = whole(header_at(words, page), range.end - page);
            if (bytes != 0) found.push_back({page, bytes, aligned_chunk(words, page, bytes)});
            page += bytes != 0 ? bytes : kPage;
        }
    }
    return found;
}

}  // namespace mt::core::heap
