// SPDX-License-Identifier: MIT
//
// See slots.h.
#include "graph/slots.h"

#include <algorithm>

namespace mt::core::graph {

Result<Slots> slots_of(const BlockIndex& index, Number holder, Number target, const Read& read,
                       const PointerRules& rules, const Interrupted& interrupted) {
    const Extent& block = index.blocks()[holder];
    std::vector<Piece> pieces;
    add_pieces(block, holder, pieces);
    const PointerFinder finder(index, rules);
    std::vector<std::uint64_t> buffer(std::min(block.size, kPiece) / kWord);
    std::vector<Pointer> pointers;
    Slots found;
    for (const Piece& piece : pieces) {
        if (interrupted && interrupted()) return interrupted_error();
        const std::span<std::uint64_t> words(buffer.data(), piece.size / kWord);
        MT_TRY(read_words(read, piece.address, words, found.unreadable));
        pointers.clear();
        finder.find(words, pointers);
        for (const Pointer& pointer : pointers) {
            if (target != kNone && block_of(pointer.target) != target) continue;
            const std::uint64_t slot = piece.address + pointer.position * kWord;
            found.slots.push_back({slot - block.address, pointer.target, pointer.offset});
        }
    }
    put_together(found.unreadable);
    return found;
}

}  // namespace mt::core::graph
