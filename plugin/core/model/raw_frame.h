// SPDX-License-Identifier: MIT
//
// What somebody says of an address of code, a debugger or a file's debug information: names as
// they are there, not yet canonical (symbols/name.h).
#ifndef MEMTRACE_CORE_MODEL_RAW_FRAME_H
#define MEMTRACE_CORE_MODEL_RAW_FRAME_H

#include <cstdint>
#include <string>

namespace mt::core {

// One frame of the inline expansion of an address.
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

}  // namespace mt::core

#endif
