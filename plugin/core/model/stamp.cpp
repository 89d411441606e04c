// SPDX-License-Identifier: MIT
#include "model/stamp.h"

#include "abi/stamp.h"

namespace mt::core {

std::optional<Stamp> stamp_of(const Table& table, const Block& block) {
    const std::uint64_t bits = table.detail_of(block).stamp;
    if (bits == 0) return std::nullopt;
    return Stamp{abi::stamp_generation(bits), abi::stamp_serial(bits),
                 abi::number_of(abi::stamp_sequence(bits))};
}

std::uint32_t stamp_mark(std::uint64_t mark) {
    return static_cast<std::uint32_t>(mark % abi::kStampGenerations);
}

std::uint32_t stamp_serial_of_thread(std::uint32_t serial) { return serial % abi::kStampSerials; }

}  // namespace mt::core
