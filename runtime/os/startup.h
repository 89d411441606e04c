// SPDX-License-Identifier: MIT
//
// What hooks must know later and may not ask then, for a program may forbid itself to
// (tests/programs/filtered.c): ids, the main thread, the program's path and name, whether
// there is a filter already. Asked once, before anything is traced.
#ifndef MEMTRACE_OS_STARTUP_H
#define MEMTRACE_OS_STARTUP_H

#include <cstdint>

namespace mt::runtime::os {

// Calls nothing that ld.so has not called before, if there is a filter.
// `thread_id_field`: libc's _thread_db_pthread_tid, or nullptr.
void learn_process(const std::uint32_t* thread_id_field);

// As learnt; not zero terminated. 0 = could not be.
std::uint32_t program_path(char* out, std::uint32_t capacity);
// The name of threads that nobody has named; 16 bytes, zero padded.
extern char first_thread_name[16];

}  // namespace mt::runtime::os

#endif
