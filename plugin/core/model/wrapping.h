// SPDX-License-Identifier: MIT
//
// Sums of figures that a stranger may have chosen: they wrap, so that a hostile
// counter gives a wrong figure and never undefined behaviour.
#ifndef MEMTRACE_CORE_MODEL_WRAPPING_H
#define MEMTRACE_CORE_MODEL_WRAPPING_H

#include <cstdint>

namespace mt::core {

inline std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
inline std::int64_t subtract(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t difference(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a - b);
}

}  // namespace mt::core

#endif
