// SPDX-License-Identifier: MIT
//
// What the runtime could not record, by name and in words.
#ifndef MEMTRACE_CORE_READ_LOSSES_H
#define MEMTRACE_CORE_READ_LOSSES_H

#include <string_view>

#include "model/snapshot.h"
#include "read/anchor.h"

namespace mt::core {

// Their names as constants, so that nothing asks for one that the runtime does not count.
namespace loss {
#define LOSS(name, text) inline constexpr std::string_view name = #name;
#include "abi/losses.def"
#undef LOSS
}  // namespace loss

// Fills table.losses, and one remark for each that grew since tracing began; without traces
// those are the events that found no memory for a table.
void read_losses(const Anchor& anchor, bool traces, Table& table);

// Could there be live blocks for it that the table does not have, or not whole?
bool loses_blocks(const Loss& loss);

// Since the process began.
bool has_loss(const abi::Header& header, std::string_view name);

}  // namespace mt::core

#endif
