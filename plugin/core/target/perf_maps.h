// SPDX-License-Identifier: MIT
//
// Where a process writes the names of the code that it makes, and whose file there may be
// believed: anybody may lay one into /tmp, and a number is another process's some day.
#ifndef MEMTRACE_CORE_TARGET_PERF_MAPS_H
#define MEMTRACE_CORE_TARGET_PERF_MAPS_H

#include "model/snapshot.h"
#include "symbols/perf_map.h"
#include "target/debugger.h"

namespace mt::core {

// Brings `map` up to date. False: there is none, or the target is another machine's.
// Of a live process the file must be its user's, and no older than it is. Of a core it must be
// the user's who has the core, and no newer than that is.
bool find_perf_map(const Target& target, const Identity& identity, PerfMap& map);

}  // namespace mt::core

#endif
