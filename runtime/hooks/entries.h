// SPDX-License-Identifier: MIT
//
// Our own functions by their names: what a program's entries are redirected to (attach). Their
// exported names would lead to whoever defines them first, which an opened library is not.
#ifndef MEMTRACE_HOOKS_ENTRIES_H
#define MEMTRACE_HOOKS_ENTRIES_H

#include "abi/process.h"

namespace mt::runtime {

struct HookEntry {
    const char* name;
    void (*function)();
};
// The allocation family.
extern __attribute__((visibility("hidden"))) const HookEntry family_entries[];
extern __attribute__((visibility("hidden"))) const abi::u32 family_entry_count;
// What names a thread, and dlclose.
extern __attribute__((visibility("hidden"))) const HookEntry naming_entries[2];
extern __attribute__((visibility("hidden"))) const HookEntry closing_entry;

}  // namespace mt::runtime

#endif
