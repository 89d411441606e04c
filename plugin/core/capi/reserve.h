// SPDX-License-Identifier: MIT
//
// What the core has left when malloc has nothing: see reserve.cpp. For tests.
#ifndef MEMTRACE_CORE_CAPI_RESERVE_H
#define MEMTRACE_CORE_CAPI_RESERVE_H

#include <cstddef>
#include <utility>

namespace mt::core {

// malloc, unless a test puts something in its place.
extern void* (*g_allocate)(std::size_t size);

// The most bytes in use since the last call, of work and of what unwinds.
std::pair<std::size_t, std::size_t> take_most_used();

}  // namespace mt::core

#endif
