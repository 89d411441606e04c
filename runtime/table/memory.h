// SPDX-License-Identifier: MIT
//
// Memory for what readers read: of the black box while there is one and it has room, else of the
// kernel's. Whoever gives some back need not know which it was.
#ifndef MEMTRACE_TABLE_MEMORY_H
#define MEMTRACE_TABLE_MEMORY_H

#include "os/pages.h"
#include "table/box.h"

namespace mt::runtime {

// Zeros, of which the first `filled` bytes may be written to at once (BlackBox::fill). nullptr:
// there are none.
inline void* take_pages(std::size_t size, std::size_t filled) {
    if (void* kept = black_box.take(size, kPageSize, filled)) return kept;
    return os::map_pages(size);
}
inline void* take_pages(std::size_t size) { return take_pages(size, size); }

// Reads as zeros again.
inline void clear_pages(void* address, std::size_t size) {
    if (black_box.holds(address)) return black_box.clear(address, size);
    os::forget_pages(address, size);
}
inline void give_pages(void* address, std::size_t size) {
    if (black_box.holds(address)) return black_box.give_back(address, size);
    os::unmap_pages(address, size);
}

}  // namespace mt::runtime

#endif
