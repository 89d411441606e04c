// SPDX-License-Identifier: MIT
#include "hooks/bootstrap.h"

namespace mt::runtime {

namespace {

constexpr u64 kHeader = 16;  // holds the size, keeps the alignment
u64 used = 0;

}  // namespace

void* bootstrap_allocate(std::size_t size, std::size_t alignment) {
    if (alignment < kHeader) alignment = kHeader;
    if (size > kBootstrapBytes || alignment > kBootstrapBytes) return nullptr;
    u64 at = load(used);
    u64 start;
    do {
        start = (at + kHeader + alignment - 1) / alignment * alignment;
        if (start + size > kBootstrapBytes) return nullptr;
    } while (!__atomic_compare_exchange_n(&used, &at, start + size, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    *reinterpret_cast<u64*>(bootstrap_arena + start - kHeader) = size;
    return bootstrap_arena + start;
}

std::size_t bootstrap_size(const void* block) {
    return *reinterpret_cast<const u64*>(static_cast<const char*>(block) - kHeader);
}

bool bootstrap_used() { return load(used) != 0; }

}  // namespace mt::runtime
