/* SPDX-License-Identifier: MIT
 *
 * Every function of memtrace.h from C; prints what each says. */
#include <memtrace.h>
#include <stdio.h>
#include <stdlib.h>

static char buffer[4096]; /* stdio's own would be traced */

int main(void) {
    uint64_t current = 1, peak = 1, own = 1;
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    const int range = memtrace_start(0);
    const int sampled_range = memtrace_start_sampled(5, 0);
    const int started = memtrace_start(5);
    void* volatile block = malloc(1000);
    memtrace_get_traced_memory(&current, &peak);
    printf("start %d %d %d, tracing %d, frames %d, current %llu, peak %llu\n", range, sampled_range,
           started, memtrace_is_tracing(), memtrace_get_traceback_limit(),
           (unsigned long long)current, (unsigned long long)peak);
    free(block);
    memtrace_get_traced_memory(&current, &peak);
    printf("after free %llu %llu\n", (unsigned long long)current, (unsigned long long)peak);
    memtrace_reset_peak();
    memtrace_get_traced_memory(&current, &peak);
    printf("after reset %llu %llu\n", (unsigned long long)current, (unsigned long long)peak);
    const int tracked = memtrace_track(7, 1, 300);
    const int touched = memtrace_touch(7, 1);
    const int untracked = memtrace_untrack(7, 1);
    void* page = malloc(500);
    const int pooled = memtrace_pool(page);
    const int paused = memtrace_pause();
    const int resumed = memtrace_resume();
    const int scoped = memtrace_scope_end(memtrace_scope_begin("scope"));
    memtrace_get_traced_memory(&current, &peak);
    printf("own %d %d %d %d %d %d %d %llu\n", tracked, touched, untracked, pooled, paused, resumed,
           scoped, (unsigned long long)current);
    free(page);
    const int cleared = memtrace_clear_traces();
    const int has_own = memtrace_get_tracer_memory(&own) == 0 && own > 0;
    const int stopped = memtrace_stop();
    printf("clear %d, own %d, stop %d, tracing %d\n", cleared, has_own, stopped,
           memtrace_is_tracing());
    return 0;
}
