// SPDX-License-Identifier: MIT
//
// The module log: what was mapped where, and until when. Filled when a frame
// is first met, not by watching the loader; a module that was closed keeps its
// row, so that old tracebacks keep their names (modules_test).
#ifndef MEMTRACE_TABLE_MODULES_H
#define MEMTRACE_TABLE_MODULES_H

#include "abi/layout.h"

namespace mt::runtime {

// Another when a range of addresses has got another module. Part of each traceback's hash,
// so that every later one gets new nodes.
extern __attribute__((visibility("hidden"))) abi::u64 address_meaning;

// Index of the module that holds `pc`, logged on first sight; 0: in none, or
// the log is full (counted). May make system calls; hold no lock.
abi::u16 module_of(abi::u64 pc);

// Some library was closed: logs which modules are gone.
void log_closed_modules();

// Before a stack is interned: a frame inside the range of a closed module means
// that something else is mapped there now. Cheap while nothing was closed.
void check_reused_ranges(const abi::u64* pcs, abi::u32 count);

// As if none had been logged (forget_header).
void forget_modules();

// Was any library closed, as far as is known?
inline bool has_closed_ranges() {
    extern __attribute__((visibility("hidden"))) abi::u64 closed_high;
    return __atomic_load_n(&closed_high, __ATOMIC_RELAXED) != 0;
}

}  // namespace mt::runtime

#endif
