// SPDX-License-Identifier: MIT
//
// A range of a process's addresses. Holds no memory.
#ifndef MEMTRACE_CORE_MODEL_REGION_H
#define MEMTRACE_CORE_MODEL_REGION_H

#include <cstdint>

namespace mt::core {

struct MemoryRegion {
    std::uint64_t start = 0, end = 0;
};

}  // namespace mt::core

#endif
