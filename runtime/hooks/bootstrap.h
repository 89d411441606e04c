// SPDX-License-Identifier: MIT
//
// Memory for what the loader allocates while it looks up the real functions (owners_test).
// Never given back; its blocks are known by their address.
#ifndef MEMTRACE_HOOKS_BOOTSTRAP_H
#define MEMTRACE_HOOKS_BOOTSTRAP_H

#include <cstddef>

#include "table/publish.h"

namespace mt::runtime {

// The loader needs some hundred bytes, once; wrappers of dlsym more.
inline constexpr u64 kBootstrapBytes = 256u << 10;
extern __attribute__((visibility("hidden"))) char bootstrap_arena[kBootstrapBytes];

void* bootstrap_allocate(std::size_t size, std::size_t alignment);
inline bool is_bootstrap(const void* block) {
    return address_of(block) - address_of(bootstrap_arena) < kBootstrapBytes;
}
std::size_t bootstrap_size(const void* block);
// Any block handed out so far?
bool bootstrap_used();

}  // namespace mt::runtime

#endif
