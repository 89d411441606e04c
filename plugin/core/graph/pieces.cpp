// SPDX-License-Identifier: MIT
//
// See pieces.h.
#include "graph/pieces.h"

#include <algorithm>
#include <cstring>

namespace mt::core::graph {
namespace {

constexpr std::uint64_t kPage = 4096;

}  // namespace

void add_pieces(Extent range, std::uint32_t owner, std::vector<Piece>& pieces) {
    std::uint64_t at = word_at_or_after(range.address);
    const std::uint64_t end = word_at_or_before(range.address + range.size);
    while (at < end) {
        const std::uint64_t next = std::min(end, (at / kPiece + 1) * kPiece);
        pieces.push_back({at, next - at, owner});
        at = next;
    }
}

Result<std::vector<Piece>> pieces_of(const BlockIndex& index, std::uint32_t owner,
                                     const Interrupted& interrupted) {
    std::vector<Piece> pieces;
    Stride stop(interrupted);
    std::uint64_t start = 0, end = 0;
    for (const Extent& block : index.blocks()) {
        if (stop()) return interrupted_error();
        if (block.size < kWord) continue;
        if (end == 0 || block.address >= end + kPage) {
            add_pieces({start, end - start}, owner, pieces);
            start = block.address;
        }
        end = std::max(end, block.address + block.size);
    }
    add_pieces({start, end - start}, owner, pieces);
    return pieces;
}

Result<void> read_words(const Read& read, std::uint64_t address, std::span<std::uint64_t> words,
                        std::vector<Extent>& unreadable) {
    auto* const bytes = reinterpret_cast<unsigned char*>(words.data());
    const std::uint64_t size = words.size() * kWord;
    for (std::uint64_t done = 0; done < size;) {
        const std::size_t got = MT_TRY(read(address + done, bytes + done, size - done));
        done += std::min<std::uint64_t>(got, size - done);
        if (done == size) break;
        // A word that a hole begins in is none; nor is what a short read left of one.
        const std::uint64_t hole = word_at_or_before(done);
        const std::uint64_t next = (address + done) / kPage * kPage + kPage - address;
        const std::uint64_t end = std::min(size, next);
        std::memset(bytes + hole, 0, end - hole);
        unreadable.push_back({address + hole, end - hole});
        done = end;
    }
    return {};
}

void put_together(std::vector<Extent>& extents) {
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.address < b.address; });
    std::size_t kept = 0;
    for (const Extent& extent : extents) {
        Extent* const before = kept == 0 ? nullptr : &extents[kept - 1];
        if (before != nullptr && extent.address <= before->address + before->size) {
            const std::uint64_t end = std::max(before->address + before->size,  // roots may overlap
                                               extent.address + extent.size);
            before->size = end - before->address;
        } else {
            extents[kept++] = extent;
        }
    }
    extents.resize(kept);
}

}  // namespace mt::core::graph
