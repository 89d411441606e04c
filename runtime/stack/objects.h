// SPDX-License-Identifier: MIT
//
// Which loaded object (program, library, vdso) holds an address, where its
// unwind tables are, and how it is called. Takes no lock of ours and allocates
// nothing; reads of an object stay inside its own segments.
#ifndef MEMTRACE_STACK_OBJECTS_H
#define MEMTRACE_STACK_OBJECTS_H

#include "stack/object.h"

namespace mt::runtime::stack {

bool find_object(u64 address, Object& object);

// Is anything loaded there? Of addresses where find_object() found nothing before.
bool is_in_object(u64 address);

// Is an object mapped exactly there? Asks the loader only, and looks at nothing
// that a dlclose in another thread may be taking away.
bool is_loaded_at(u64 start, u64 end);

// The first of two ways, which is missing in glibc before 2.35. For tests. The second:
// iteration.h.
bool find_object_by_loader(u64 address, Object& object);

// The readable loaded segment that holds the address; empty when there is none.
Span segment_of(const Object& object, u64 address);

// For the module log. The path is not zero terminated; a relative one is as the
// program gave it to dlopen; the program itself has none here (os/process.h knows it).
// Both return the length, 0 = has none; a build-id of more than 20 bytes is cut to its
// first 20.
u32 object_path(const Object& object, char* out, u32 capacity);
u32 object_build_id(const Object& object, u8 (&out)[20]);

}  // namespace mt::runtime::stack

#endif
