// SPDX-License-Identifier: MIT
//
// Names that must be shorter: parameters go first, then arguments of templates, then what stands
// outermost; class and method at the end stay. Pure text, in time linear in its length.
#ifndef MEMTRACE_CORE_NAMES_SHORTEN_H
#define MEMTRACE_CORE_NAMES_SHORTEN_H

#include <cstddef>
#include <string>
#include <string_view>

namespace mt::core {

// Characters as a terminal counts them, of valid UTF-8.
std::size_t columns_of(std::string_view text);

// At most `width` columns; of a name that can be printed as it is.
std::string shortened(std::string_view name, std::size_t width);
// A path, or anything else of which the end tells the most: "...detail/parser.hpp".
std::string shortened_path(std::string_view path, std::size_t width);

}  // namespace mt::core

#endif
