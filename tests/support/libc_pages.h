// SPDX-License-Identifier: MIT
//
// Pages for a table in a test by libc's function, so that a sanitizer knows of those which
// take the place of others: to it the runtime's own system calls never were.
#ifndef MEMTRACE_TESTS_LIBC_PAGES_H
#define MEMTRACE_TESTS_LIBC_PAGES_H

#include <sys/mman.h>

#include <cstddef>

namespace mt::test {

// For os::page_source.
inline void* pages_from_libc(void* at, std::size_t size) {
    const int fixed = at != nullptr ? MAP_FIXED_NOREPLACE : 0;
    void* pages = mmap(at, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    return pages != MAP_FAILED ? pages : nullptr;
}

}  // namespace mt::test

#endif
