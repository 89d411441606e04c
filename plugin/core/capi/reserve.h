// SPDX-License-Identifier: MIT
//
// What the core has left when malloc has nothing: see reserve.cpp. For tests.
#ifndef MEMTRACE_CORE_CAPI_RESERVE_H
#define MEMTRACE_CORE_CAPI_RESERVE_H

#include <cstddef>

namespace mt::core {

// malloc, unless a test puts something in its place.
extern void* (*g_allocate)(std::size_t size);

}  // namespace mt::core

#endif
