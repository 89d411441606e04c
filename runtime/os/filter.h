// SPDX-License-Identifier: MIT
//
// May the program be forbidden system calls that its allocator does not make? Known at
// start, and from prctl when a filter is being prepared (hooks/names.cpp). A filter that
// came otherwise is not seen: so what is done differently for this must never be needed.
#ifndef MEMTRACE_OS_FILTER_H
#define MEMTRACE_OS_FILTER_H

namespace mt::runtime::os {

inline constinit bool is_filtered __attribute__((visibility("hidden"))) = false;

}  // namespace mt::runtime::os

#endif
