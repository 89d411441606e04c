// SPDX-License-Identifier: MIT
//
// The ring of the last frees (abi/state.h, FreedRing), asked about one address.
#ifndef MEMTRACE_CORE_READ_FREED_H
#define MEMTRACE_CORE_READ_FREED_H

#include <cstdint>
#include <optional>

#include "model/snapshot.h"
#include "read/anchor.h"

namespace mt::core {

// The last free of a block that held the address, if the state keeps frees and has not
// forgotten it. It says nothing while a live block holds the address.
bool read_freed(Reading& reading, const Anchor& anchor, std::uint64_t address,
                std::optional<FreedBlock>& freed);

}  // namespace mt::core

#endif
