// SPDX-License-Identifier: MIT
//
// What mt start asks for. A plain value.
#ifndef MEMTRACE_CORE_MODEL_START_H
#define MEMTRACE_CORE_MODEL_START_H

#include <cstdint>

namespace mt::core {

struct Start {
    std::uint16_t frames = 0;
    std::uint64_t sample_bytes = 0;  // mean bytes between samples; 0 = every allocation
    std::uint64_t freed_blocks = 0;  // frees that are kept; 0 = none
    bool stamps = false;             // blocks remember when and by whom they were allocated
};

}  // namespace mt::core

#endif
