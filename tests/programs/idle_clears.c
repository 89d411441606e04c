/* SPDX-License-Identifier: MIT
 *
 * A traced process that does next to nothing, cleared a hundred times: what
 * does memtrace add to a core file of it? */
#include <memtrace.h>
#include <signal.h>
#include <stdlib.h>

static void* volatile kept;

int main(void) {
    memtrace_start(32); /* without the runtime: nothing */
    for (int i = 0; i < 100; ++i) {
        free(kept);
        kept = malloc(100);
        memtrace_clear_traces();
    }
    free(malloc(1));
    raise(SIGSTOP);
    return 0;
}
