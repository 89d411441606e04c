// SPDX-License-Identifier: MIT
//
// What the debugger knows about code, as symbols/ asks for it: raw answers, not
// yet canonical. Implemented by capi/ over the adapter's callbacks, by tests
// over a map. Not for memory (source/) and not for commands.
#ifndef MEMTRACE_CORE_SYMBOLS_DEBUG_INFO_H
#define MEMTRACE_CORE_SYMBOLS_DEBUG_INFO_H

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/error.h"
#include "model/raw_frame.h"

namespace mt::core {

inline bool has_lines(const std::vector<RawFrame>& frames) {
    return std::any_of(frames.begin(), frames.end(),
                       [](const RawFrame& frame) { return !frame.file.empty(); });
}

class DebugInfo {
  public:
    virtual ~DebugInfo() = default;
    // Innermost first; empty: the debugger does not know it. Errors: interrupted only.
    virtual Result<std::vector<RawFrame>> frames(std::uint64_t address) = 0;
    virtual Result<std::optional<RawSymbol>> symbol(std::uint64_t address) = 0;
};

}  // namespace mt::core

#endif
