// SPDX-License-Identifier: MIT
#include "hooks/bootstrap.h"

#include "table/publish.h"

namespace mt::runtime {
namespace {

// The loader needs some hundred bytes, once; wrappers of dlsym more.
constexpr u64 kArena = 256u << 10;
constexpr u64 kHeader = 16;  // holds the size, keeps the alignment

alignas(kPageSize) char arena[kArena];
u64 used = 0;

}  // namespace

void* bootstrap_allocate(std::size_t size, std::size_t alignment) {
    if (alignment < kHeader) alignment = kHeader;
    if (size > kArena || alignment > kArena) return nullptr;
    u64 at = load(used);
    u64 start;
    do {
        start = (at + kHeader + alignment - 1) / alignment * alignment;
        if (start + size > kArena) return nullptr;
    } while (!__atomic_compare_exchange_n(&used, &at, start + size, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    *reinterpret_cast<u64*>(arena + start - kHeader) = size;
    return arena + start;
}

bool is_bootstrap(const void* block) {
    const u64 offset = address_of(block) - address_of(arena);
    return offset < kArena;
}

std::size_t bootstrap_size(const void* block) {
    return *reinterpret_cast<const u64*>(static_cast<const char*>(block) - kHeader);
}

bool bootstrap_used() { return load(used) != 0; }

}  // namespace mt::runtime
