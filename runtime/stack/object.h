// SPDX-License-Identifier: MIT
//
// What is known of a loaded object (program, library, vdso). Data only.
#ifndef MEMTRACE_STACK_OBJECT_H
#define MEMTRACE_STACK_OBJECT_H

#include "stack/bytes.h"

namespace mt::runtime::stack {

struct Object {
    u64 start;             // first mapped address
    u64 end;               // one past the last
    u64 bias;              // load address minus ELF virtual address
    u64 eh_frame_hdr;      // 0 = has none
    const void* link_map;  // nullptr where the loader was asked by iteration
    const char* name;      // as the loader knows it; "" = the program itself
    const void* program_headers;
    u32 program_header_count;  // 0 = not found; then all of [start, end) counts
};

}  // namespace mt::runtime::stack

#endif
