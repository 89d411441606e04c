// SPDX-License-Identifier: MIT
#include "os/pages.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <cstdint>

#include "os/syscall.h"

namespace mt::runtime::os {
namespace {

void* from_kernel(std::size_t size) {
    const long result = raw_syscall(SYS_mmap, 0, static_cast<long>(size), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return failed(result) ? nullptr : reinterpret_cast<void*>(result);
}

}  // namespace

PageSource page_source = from_kernel;

void* map_pages(std::size_t size) { return page_source(size); }

void* map_aligned(std::size_t size, std::size_t alignment) {
    auto* raw = static_cast<char*>(page_source(size + alignment));
    if (raw == nullptr) return nullptr;
    const auto start = reinterpret_cast<std::uintptr_t>(raw);
    const std::size_t before = (alignment - start % alignment) % alignment;
    if (before != 0) unmap_pages(raw, before);
    unmap_pages(raw + before + size, alignment - before);
    return raw + before;
}

void unmap_pages(void* address, std::size_t size) {
    raw_syscall(SYS_munmap, reinterpret_cast<long>(address), static_cast<long>(size));
}

void keep_out_of_cores(void* address, std::size_t size) {
    raw_syscall(SYS_madvise, reinterpret_cast<long>(address), static_cast<long>(size),
                MADV_DONTDUMP);
}

bool zero_in_children(void* address, std::size_t size) {
    constexpr long kWipeOnFork = 18;  // MADV_WIPEONFORK: older headers lack it
    return !failed(raw_syscall(SYS_madvise, reinterpret_cast<long>(address),
                               static_cast<long>(size), kWipeOnFork));
}

void forget_pages(void* address, std::size_t size) {
    raw_syscall(SYS_madvise, reinterpret_cast<long>(address), static_cast<long>(size),
                MADV_DONTNEED);
}

}  // namespace mt::runtime::os
