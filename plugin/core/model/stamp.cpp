// SPDX-License-Identifier: MIT
#include "model/stamp.h"

#include "abi/stamp.h"

namespace mt::core {

std::optional<Stamp> stamp_of(const Block& block) {
    if (block.stamp == 0) return std::nullopt;
    return Stamp{abi::stamp_generation(block.stamp), abi::stamp_serial(block.stamp),
                 abi::number_of(abi::stamp_sequence(block.stamp))};
}

std::uint32_t stamp_generation_of_mark(std::uint64_t mark) {
    return static_cast<std::uint32_t>(mark % abi::kStampGenerations);
}

std::uint32_t stamp_serial_of_thread(std::uint32_t serial) { return serial % abi::kStampSerials; }

}  // namespace mt::core
