// SPDX-License-Identifier: MIT
//
// The first word of each block, read in large pieces where blocks lie close together. Knows no
// meaning of it.
#ifndef MEMTRACE_CORE_TYPES_FIRST_WORDS_H
#define MEMTRACE_CORE_TYPES_FIRST_WORDS_H

#include <cstdint>
#include <functional>
#include <vector>

#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

using TakeWord = std::function<Result<void>(std::size_t block, std::uint64_t word)>;

// `blocks` ascend by address. Of those that are wanted, and have a word that can be read.
// O(blocks). Errors: those of `take`, interrupted.
Result<void> first_words(Memory& memory, const std::vector<Block>& blocks,
                         const std::function<bool(std::size_t block)>& wants, const TakeWord& take,
                         const Interrupted& interrupted);

}  // namespace mt::core

#endif
