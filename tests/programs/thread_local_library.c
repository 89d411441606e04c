/* SPDX-License-Identifier: MIT
 *
 * A library with thread-local memory, to be copied and opened many times over. Built
 * twice: with the initial-exec model it uses up the little static room that the loader
 * keeps for libraries opened late; with the general one each thread's first use of it
 * grows that thread's vector and allocates, inside __tls_get_addr. */
#include <stdlib.h>

__thread char thread_local_memory[THREAD_LOCAL_SIZE];

/* Touches the calling thread's copy. */
long thread_local_use(long value);
long thread_local_use(long value) {
    char* volatile mine = thread_local_memory;
    mine[value % THREAD_LOCAL_SIZE] += 1;
    return mine[value % THREAD_LOCAL_SIZE];
}
