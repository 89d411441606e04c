// SPDX-License-Identifier: MIT
//
// What entries to the loader's functions lead to: they tell when modules come and go. dlopen and
// dlsym look at who called them (RUNPATH, $ORIGIN, RTLD_NEXT), so they are entered with the
// caller's return address wherever that could matter.
#ifndef MEMTRACE_ATTACH_LOADER_H
#define MEMTRACE_ATTACH_LOADER_H

#include "hooks/entries.h"

namespace mt::runtime {

inline constexpr abi::u32 kLoaderEntries = 4;
extern __attribute__((visibility("hidden"))) const HookEntry loader_entries[kLoaderEntries];
// What they tell: asked before a look-up, told when modules may have come or gone.
struct LoaderEvents {
    bool (*have_modules_changed)();
    void (*look_at_modules)();
};
// The real functions in that order, before the first entry is redirected.
void use_loader(const abi::u64 (&theirs)[kLoaderEntries], const LoaderEvents& events);

}  // namespace mt::runtime

#endif
