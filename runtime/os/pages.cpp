// SPDX-License-Identifier: MIT
#include "os/pages.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <cstdint>

#include "os/syscall.h"

namespace mt::runtime::os {
namespace {

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

void* ask_kernel(void* at, std::size_t size) {
    const int fixed = at != nullptr ? MAP_FIXED_NOREPLACE : 0;
    const long result = raw_syscall(SYS_mmap, reinterpret_cast<long>(at), static_cast<long>(size),
                                    PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    if (failed(result)) return nullptr;
    auto* pages = reinterpret_cast<void*>(result);
    if (at == nullptr || pages == at) return pages;
    unmap_pages(pages, size);  // a kernel before 4.17 takes the address for a hint
    return nullptr;
}

// No limit is asked for: there are several, they change, and what counts towards them is
// the kernel's to know. So it is tried.
void* from_kernel(void* at, std::size_t size) {
    void* pages = ask_kernel(at, size);
    if (pages == nullptr) return nullptr;
    void* rest = ask_kernel(nullptr, kLeftToProgram);
    if (rest != nullptr) {
        unmap_pages(rest, kLeftToProgram);
        return pages;
    }
    unmap_pages(pages, size);
    return nullptr;
}

}  // namespace

PageSource page_source = from_kernel;

void* map_pages(std::size_t size) { return page_source(nullptr, size); }
void* map_pages_at(void* at, std::size_t size) { return page_source(at, size); }

void* map_aligned(std::size_t size, std::size_t alignment) {
    const auto place = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p); };
    void* any = page_source(nullptr, size);
    if (any == nullptr || place(any) % alignment == 0) return any;
    // The kernel maps downwards: below it is room, most of the time. To map too much and
    // cut it would want twice the memory for a moment, where there may be little.
    unmap_pages(any, size);
    auto* below = static_cast<char*>(any) - place(any) % alignment;
    if (void* there = page_source(below, size)) return there;
    auto* raw = static_cast<char*>(page_source(nullptr, size + alignment));
    if (raw == nullptr) return nullptr;
    const std::size_t before = (alignment - place(raw) % alignment) % alignment;
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

bool is_writable_page(void* page) {
    constexpr long kPopulateWrite = 23;  // MADV_POPULATE_WRITE: older headers lack it
    return !failed(raw_syscall(SYS_madvise, reinterpret_cast<long>(page), 1, kPopulateWrite));
}

bool let_write(void* page, std::size_t size, bool writable) {
    return !failed(raw_syscall(SYS_mprotect, reinterpret_cast<long>(page), static_cast<long>(size),
                               writable ? PROT_READ | PROT_WRITE : PROT_READ));
}

void forget_pages(void* address, std::size_t size) {
    raw_syscall(SYS_madvise, reinterpret_cast<long>(address), static_cast<long>(size),
                MADV_DONTNEED);
}

}  // namespace mt::runtime::os
