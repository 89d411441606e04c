// SPDX-License-Identifier: MIT
//
// What could not be recorded, by name: the one answer of the runtime to every
// failure of its own.
#ifndef MEMTRACE_TABLE_LOSSES_H
#define MEMTRACE_TABLE_LOSSES_H

#include "abi/layout.h"

namespace mt::runtime {

// What each one means stands with its words in the list.
enum class LossKind : abi::u32 {
#define LOSS(name, text) name,
#include "abi/losses.def"
#undef LOSS
    count_,
};

void count_loss(LossKind kind, abi::u64 amount = 1);
// Writes the names, and what was counted before there was a header.
void publish_losses(abi::Loss* slots);
// As if none had been counted, and there were no table.
void forget_losses();

}  // namespace mt::runtime

#endif
