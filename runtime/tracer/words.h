// SPDX-License-Identifier: MIT
//
// Between a block and its word: sizes that fit, sizes that do not.
#ifndef MEMTRACE_TRACER_WORDS_H
#define MEMTRACE_TRACER_WORDS_H

#include "table/losses.h"
#include "table/publish.h"
#include "table/state.h"

namespace mt::runtime {

// The size that is recorded: a large one goes into the side table, and is
// capped (counted) when that cannot take it.
inline u64 keep_size(LiveState& state, u64 address, u64 size, u32 stack) {
    if (size < kSizeEscape || state.sizes.insert(kDomainLarge, address, size, stack)) return size;
    count_loss(LossKind::large_lost);
    return kSizeEscape - 1;
}

inline u64 word_for(u64 address, u64 kept_size, u32 stack) {
    return make_word(address, kept_size < kSizeEscape ? kept_size : kSizeEscape, stack);
}

inline u64 size_of_word(const LiveState& state, u64 address, u64 word) {
    const u64 size = word_size(word);
    if (size != kSizeEscape) return size;
    const Tracked* entry = state.sizes.find(kDomainLarge, address);
    return entry != nullptr ? entry->size : 0;
}

inline void forget_size(LiveState& state, u64 address, u64 word) {
    if (word_size(word) == kSizeEscape) state.sizes.erase(kDomainLarge, address);
}

}  // namespace mt::runtime

#endif
