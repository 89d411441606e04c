// SPDX-License-Identifier: MIT
//
// Single words of a target's memory, in pieces that are kept: an allocator's books are words
// all over its heap. Knows nothing about what they mean.
#ifndef MEMTRACE_CORE_HEAP_WORDS_H
#define MEMTRACE_CORE_HEAP_WORDS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "source/memory.h"

namespace mt::core::heap {

class Words {
  public:
    // Keeps `pieces` pieces of `bytes` bytes, which is a power of two: one large piece for who
    // goes from end to end, many small ones for who follows pointers.
    Words(ReadFunction read, std::size_t bytes, std::size_t pieces);

    // The word at `address`, a multiple of 8; nullopt: it cannot be read. No error: who asks in
    // a loop asks for the user's Ctrl-C there.
    std::optional<std::uint64_t> at(std::uint64_t address) {
        Piece& piece = pieces_[(address >> shift_) % pieces_.size()];
        const std::uint64_t offset = address & (bytes_ - 1);
        if (address >> shift_ != piece.number || offset < piece.from) load(piece, address);
        if (offset + sizeof(std::uint64_t) > piece.end) return std::nullopt;
        return piece.words[static_cast<std::size_t>(offset / sizeof(std::uint64_t))];
    }
    // 0 where it cannot be read, and for an address that is no multiple of 8.
    std::uint64_t or_zero(std::uint64_t address) {
        return address % sizeof(std::uint64_t) == 0 ? at(address).value_or(0) : 0;
    }

  private:
    struct Piece {
        std::uint64_t number = ~std::uint64_t{0};
        std::size_t from = 0, end = 0;  // of the bytes that could be read
        std::vector<std::uint64_t> words;
    };
    void load(Piece& piece, std::uint64_t address);

    ReadFunction read_;
    std::size_t bytes_;
    unsigned shift_;
    std::vector<Piece> pieces_;
};

}  // namespace mt::core::heap

#endif
