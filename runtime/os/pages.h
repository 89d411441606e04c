// SPDX-License-Identifier: MIT
//
// Pages from the kernel: anonymous, private, zeroed, not reserved. Never the
// program's allocator.
#ifndef MEMTRACE_OS_PAGES_H
#define MEMTRACE_OS_PAGES_H

#include <cstddef>

namespace mt::runtime::os {

// What the program must still be able to map after each mapping of ours, whatever limits
// it: RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, the kernel's accounting. Tracing gives up first.
inline constexpr std::size_t kLeftToProgram = 2u << 20;

// Size is rounded up to whole pages by the kernel. nullptr when there are none:
// the caller counts a loss. Async-signal-safe, thread-safe.
// A source is asked for pages at `at`, or anywhere where that is nullptr.
using PageSource = void* (*)(void* at, std::size_t size);
void* map_pages(std::size_t size);
// Right there, replacing nothing; nullptr also if something is there.
void* map_pages_at(void* at, std::size_t size);
// Anywhere, the address a multiple of `alignment` (a power of two).
void* map_aligned(std::size_t size, std::size_t alignment);
void unmap_pages(void* address, std::size_t size);
// Leaves the range out of core files: memory that no reader needs.
void keep_out_of_cores(void* address, std::size_t size);

// A fork's child finds the range zeroed; one that shares its parent's memory (vfork) does
// not. Whole pages of anonymous memory. False: the kernel (before 4.14) cannot do that.
bool zero_in_children(void* address, std::size_t size);

// May the page be written, as far as can be told? A kernel before 5.14 cannot: then it says no.
bool is_writable_page(void* page);
// Whole pages of somebody else's; false: the kernel refuses.
bool let_write(void* page, std::size_t size, bool writable);

// The range reads as zeros again, without its memory.
void forget_pages(void* address, std::size_t size);

// Tests replace it to make the Nth mapping fail.
extern PageSource page_source;

}  // namespace mt::runtime::os

#endif
