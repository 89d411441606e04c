// SPDX-License-Identifier: MIT
//
// Names of threads: seen when they are given, for nobody may ask the kernel later
// (os/startup.h), and kept until the thread has a row.
#ifndef MEMTRACE_THREAD_NAMES_H
#define MEMTRACE_THREAD_NAMES_H

#include "abi/layout.h"

namespace mt::runtime {

// The thread with this control block, which is alive, has been given a name.
void name_of_thread(abi::u64 thread, const char* name);

// What the calling thread's row gets: its own, or that of threads that nobody has named.
const char (&my_thread_name())[16];

}  // namespace mt::runtime

#endif
