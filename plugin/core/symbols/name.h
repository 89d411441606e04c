// SPDX-License-Identifier: MIT
//
// One spelling for names, whichever debugger they came from: functions by one
// demangler, paths absolute and normalised. Pure text; asks nobody.
#ifndef MEMTRACE_CORE_SYMBOLS_NAME_H
#define MEMTRACE_CORE_SYMBOLS_NAME_H

#include <string>
#include <string_view>

#include "names/demangle.h"

namespace mt::core {

// A linkage name as people read it: demangled, without return type, symbol
// version and the compiler's clone suffixes (.cold, .part.0, …). A name that is
// not mangled comes back as it is; one that a debugger invented comes back empty.
std::string function_from_linkage(std::string_view linkage);

// A debugger's own spelling, for functions that have no linkage name (main, extern "C"):
// without parameters.
std::string function_from_debugger(std::string_view function);

// `demangled` without the return type that template functions carry.
std::string_view without_return_type(std::string_view demangled);

// `demangled` up to its parameter list: what a pattern for a function means.
std::string_view without_parameters(std::string_view demangled);

// The last component of a qualified name.
std::string_view without_scope(std::string_view function);

// That alone, without the arguments of a template: "ns::parse<int>(char const*)" is "parse".
std::string_view simple_name(std::string_view function);

std::string canonical_path(std::string_view file, std::string_view directory);

// The last component of a path.
std::string_view base_name(std::string_view path);

}  // namespace mt::core

#endif
