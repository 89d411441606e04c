// SPDX-License-Identifier: MIT
//
// One loaded module: the words through which it calls functions of others (its entries), found
// by its relocations. Reads what the loader has mapped; writes nothing, takes no lock.
#ifndef MEMTRACE_ATTACH_MODULE_H
#define MEMTRACE_ATTACH_MODULE_H

#include <link.h>

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

// A word that the loader bound, or will bind, to the function of that name.
struct Entry {
    u64* word;
    const char* name;
    bool is_slot;   // a PLT's: may still lead to the stub that binds it
    u64 own;        // where the module itself defines the name; 0 = it does not
    bool is_relro;  // the loader makes its page read-only
};

// Calls `take(context, entry)` for each until one says false. False: one did.
using TakesEntry = bool (*)(void* context, const Entry& entry);
bool each_entry(const dl_phdr_info& info, TakesEntry take, void* context);

// Its code?
bool runs_in(const dl_phdr_info& info, u64 address);
u64 dynamic_of(const dl_phdr_info& info);

}  // namespace mt::runtime

#endif
