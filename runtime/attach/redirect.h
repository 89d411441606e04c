// SPDX-License-Identifier: MIT
//
// For a process that was not prepared: the entries of all its modules lead to our hooks, or back
// again. Each entry is one atomic store; nobody is waited for, and the program's threads run
// meanwhile. The loader's own calls, and modules in a namespace of dlmopen's, are left alone.
#ifndef MEMTRACE_ATTACH_REDIRECT_H
#define MEMTRACE_ATTACH_REDIRECT_H

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

// What a debugger is told (memtrace_attach, memtrace_detach).
enum class Redirection : u32 {
    done = 0,
    refused = 1,       // Root::status: the runtime cannot trace here
    busy = 2,          // another thread is at it
    no_memory = 3,     // nothing was changed
    not_writable = 4,  // a page could not be made writable; nothing was changed
    nothing = 5,       // no module has an entry; or none was redirected
    not_ours = 6,      // the program finds this library first: it needs none of this
};

struct Outcome {
    Redirection what;
    u32 entries;
};
Outcome redirect_entries();
Outcome restore_entries();

}  // namespace mt::runtime

#endif
