// SPDX-License-Identifier: MIT
//
// Where a target's modules are looked for on this machine: as the user has told the debugger, where
// the target says that they are, and where debug files are by custom.
#ifndef MEMTRACE_CORE_TARGET_SEARCH_PLACES_H
#define MEMTRACE_CORE_TARGET_SEARCH_PLACES_H

#include "dwarf/file_search.h"
#include "target/debugger.h"

namespace mt::core {

SearchPlaces search_places(const Target& target);

}  // namespace mt::core

#endif
