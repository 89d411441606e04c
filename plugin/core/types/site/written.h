// SPDX-License-Identifier: MIT
//
// Names of types of debug information as the user writes them: scopes and all, in C with "struct",
// in C++ as a demangler has them, so that one type has one name however it is known.
#ifndef MEMTRACE_CORE_TYPES_SITE_WRITTEN_H
#define MEMTRACE_CORE_TYPES_SITE_WRITTEN_H

#include <string>

#include "types/site/unit_index.h"

namespace mt::core::site {

// Empty: it has no name, or one that is a library's own business.
std::string written(const Dwarf_Die& type, const UnitIndex& index);

}  // namespace mt::core::site

#endif
