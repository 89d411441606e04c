// SPDX-License-Identifier: MIT
//
// Who defines a name: the objects' own symbol tables are asked, in the order in
// which the program's look-ups go. Not by dlsym, which may allocate
// (owners_test), and which another preloaded library may have wrapped: then RTLD_NEXT means
// what is next to that library (tests/programs/wrapped_dlsym.c). Allocates
// nothing; takes the loader's list lock for an instant.
#ifndef MEMTRACE_HOOKS_DEFINITIONS_H
#define MEMTRACE_HOOKS_DEFINITIONS_H

#include "abi/process.h"

namespace mt::runtime {

using abi::u32;
using abi::u64;

struct Definition {
    const char* name;
    // The next definition behind this library's; where there is none, the first in
    // front of it. 0 = nobody else defines it.
    u64 address = 0;
    bool is_libcs = false;
    bool is_behind = false;
    // The program's look-ups find this library's definition.
    bool ours_is_first = false;
};
void find_definitions(Definition* wanted, u32 count);

}  // namespace mt::runtime

#endif
