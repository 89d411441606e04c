// SPDX-License-Identifier: MIT
//
// Memory for what the loader allocates while it looks up the real functions (owners_test).
// Never given back; its blocks are known by their address.
#ifndef MEMTRACE_HOOKS_BOOTSTRAP_H
#define MEMTRACE_HOOKS_BOOTSTRAP_H

#include <cstddef>

#include "table/header.h"

namespace mt::runtime {

// The loader needs some hundred bytes, once; wrappers of dlsym more.
void* bootstrap_allocate(std::size_t size, std::size_t alignment);
inline bool is_bootstrap(const void* block) {
    return address_of(block) - address_of(bootstrap_arena) < kBootstrapBytes;
}
std::size_t bootstrap_size(const void* block);
// Any block handed out so far?
bool bootstrap_used();

}  // namespace mt::runtime

#endif
