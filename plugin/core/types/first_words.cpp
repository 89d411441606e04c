// SPDX-License-Identifier: MIT
//
// See first_words.h.
#include "types/first_words.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace mt::core {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::size_t kPiece = 1u << 20;

// Memory from a block on, to the last block that begins in the same piece.
class Window {
  public:
    Window(Memory& memory, const std::vector<Block>& blocks)
        : memory_(memory), blocks_(blocks), bytes_(kPiece) {}

    // False: it cannot be read.
    Result<bool> word_of(std::size_t block, std::uint64_t& word) {
        const std::uint64_t address = blocks_[block].address;
        if (address < start_ || address - start_ > size_ || size_ - (address - start_) < kWord)
            MT_TRY(read_from(block));
        if (size_ < kWord) return false;
        std::memcpy(&word, bytes_.data() + (address - start_), kWord);
        return true;
    }

  private:
    Result<void> read_from(std::size_t block) {
        start_ = blocks_[block].address;
        std::size_t wanted = kWord;
        for (std::size_t i = block + 1; i < blocks_.size(); ++i) {
            const std::uint64_t end = blocks_[i].address - start_ + kWord;
            if (end > kPiece) break;
            wanted = static_cast<std::size_t>(end);
        }
        size_ = MT_TRY(memory_.read(start_, bytes_.data(), wanted));
        return {};
    }

    Memory& memory_;
    const std::vector<Block>& blocks_;
    std::vector<std::byte> bytes_;
    std::uint64_t start_ = 0;
    std::size_t size_ = 0;
};

}  // namespace

Result<void> first_words(Memory& memory, const std::vector<Block>& blocks,
                         const std::function<bool(std::size_t block)>& wants, const TakeWord& take,
                         const Interrupted& interrupted) {
    Stride stop(interrupted);
    Window window(memory, blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (stop()) return interrupted_error();
        std::uint64_t word = 0;
        if (blocks[i].size < kWord || !wants(i)) continue;
        const bool is_read = MT_TRY(window.word_of(i, word));
        if (is_read) MT_TRY(take(i, word));
    }
    return {};
}

}  // namespace mt::core
