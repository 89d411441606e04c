// SPDX-License-Identifier: MIT
//
// From a linkage name to what the compiler was given, by libiberty's demanglers, which both
// debuggers' users know: C++ and Rust. Bounded: a name of 255 bytes can stand for gigabytes.
#ifndef MEMTRACE_CORE_NAMES_DEMANGLE_H
#define MEMTRACE_CORE_NAMES_DEMANGLE_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mt::core {

// By how it begins; it need not be a name all the same.
bool is_mangled(std::string_view linkage);

// Nothing: it is none, or longer than anybody's.
std::optional<std::string> demangled(const std::string& linkage);

}  // namespace mt::core

#endif
