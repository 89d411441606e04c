// SPDX-License-Identifier: MIT
//
// What the debugger knows about code, as symbols/ asks for it: raw answers, not
// yet canonical. Implemented by capi/ over the adapter's callbacks, by tests
// over a map. Not for memory (source/) and not for commands.
#ifndef MEMTRACE_CORE_SYMBOLS_DEBUG_INFO_H
#define MEMTRACE_CORE_SYMBOLS_DEBUG_INFO_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"

namespace mt::core {

// One frame of the inline expansion of an address; empty = the debugger does not know.
struct RawFrame {
    std::string function;
    std::string linkage;  // mangled
    std::string file;
    std::string directory;  // of the compilation, for a relative file
    std::uint32_t line = 0;
};

struct RawSymbol {
    std::string name;  // linkage name
    std::uint64_t start = 0;
    std::uint64_t size = 0;  // 0 = unknown
};

class DebugInfo {
  public:
    virtual ~DebugInfo() = default;
    // Innermost first; empty without debug information. Errors: interrupted only.
    virtual Result<std::vector<RawFrame>> frames(std::uint64_t address) = 0;
    virtual Result<std::optional<RawSymbol>> symbol(std::uint64_t address) = 0;
};

}  // namespace mt::core

#endif
