// SPDX-License-Identifier: MIT
//
// What a block's stamp says (abi/stamp.h), decoded. Bits of the traced process:
// any value is possible.
#ifndef MEMTRACE_CORE_MODEL_STAMP_H
#define MEMTRACE_CORE_MODEL_STAMP_H

#include <cstdint>
#include <optional>
#include <tuple>

#include "model/snapshot.h"

namespace mt::core {

struct Stamp {
    std::uint32_t mark = 0;      // after which it was allocated; 0 = before any
    std::uint32_t thread = 0;    // serial of the allocating thread; 0 = it had none
    std::uint64_t sequence = 0;  // number of the allocation since the mark, about

    bool is_older_than(const Stamp& other) const {
        return std::tie(mark, sequence) < std::tie(other.mark, other.sequence);
    }
};

// Of a block of the table. Nothing: not stamped, which is older than any stamp.
std::optional<Stamp> stamp_of(const Table& table, const Block& block);

// As it stands in stamps.
std::uint32_t stamp_mark(std::uint64_t mark);
std::uint32_t stamp_serial_of_thread(std::uint32_t serial);

}  // namespace mt::core

#endif
