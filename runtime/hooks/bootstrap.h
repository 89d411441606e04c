// SPDX-License-Identifier: MIT
//
// Memory for what the loader allocates while it looks up the real functions (owners_test).
// Never given back; its blocks are known by their address.
#ifndef MEMTRACE_HOOKS_BOOTSTRAP_H
#define MEMTRACE_HOOKS_BOOTSTRAP_H

#include <cstddef>

namespace mt::runtime {

void* bootstrap_allocate(std::size_t size, std::size_t alignment);
bool is_bootstrap(const void* block);
std::size_t bootstrap_size(const void* block);
// Any block handed out so far?
bool bootstrap_used();

}  // namespace mt::runtime

#endif
