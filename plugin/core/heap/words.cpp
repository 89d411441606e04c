// SPDX-License-Identifier: MIT
//
// See words.h.
#include "heap/words.h"

#include <bit>
#include <utility>

namespace mt::core::heap {

Words::Words(ReadFunction read, std::size_t bytes, std::size_t pieces)
    : read_(std::move(read)),
      bytes_(bytes),
      shift_(static_cast<unsigned>(std::countr_zero(bytes))),
      pieces_(pieces) {}

// Memory may begin in the middle of a piece: then from the page that is asked for.
void Words::load(Piece& piece, std::uint64_t address) {
    constexpr std::size_t kPage = 4096;
    const std::uint64_t base = address >> shift_ << shift_;
    const auto offset = static_cast<std::size_t>(address - base);
    piece.words.resize(bytes_ / sizeof(std::uint64_t));
    piece.number = address >> shift_;
    for (const std::size_t from : {std::size_t{0}, offset / kPage * kPage}) {
        const auto got =
            read_(base + from, piece.words.data() + from / sizeof(std::uint64_t), bytes_ - from);
        piece.from = from;
        piece.end = from + (got ? *got : 0);
        if (piece.end > offset) return;
    }
}

}  // namespace mt::core::heap
