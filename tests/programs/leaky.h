/* SPDX-License-Identifier: MIT
 *
 * What the library that tests/programs/leaky.cpp opens has for it. */
#ifndef MEMTRACE_TESTS_PROGRAMS_LEAKY_H
#define MEMTRACE_TESTS_PROGRAMS_LEAKY_H

#ifdef __cplusplus
extern "C" {
#endif

typedef void** (*leaky_place)(void);
void** leaky_data(void);         /* a variable */
void** leaky_thread_local(void); /* one of the calling thread */

#ifdef __cplusplus
}
#endif

#endif
