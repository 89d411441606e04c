/* SPDX-License-Identifier: MIT
 *
 * A program with little memory to spare: RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, or mappings
 * that fail. A tracer whose table takes the rest makes its allocations fail, and one that
 * finds no room for a table must not say that nothing was allocated. Arguments: "small"
 * blocks, "large" ones, "lock" (all memory is locked first); kilobytes of address space
 * that are left when tracing is begun, by memtrace_start(). Without the second the
 * environment says whether it is traced. Ends with 7, or 3 where memory ran out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <memtrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ledger.h"

enum { SMALL = 1000, LARGE = 20 };
static void* block[SMALL];

static long pages_mapped(void) {
    char text[64];
    const int file = open("/proc/self/statm", O_RDONLY);
    const long got = file < 0 ? -1 : (long)read(file, text, sizeof text - 1);
    if (got <= 0) return -1;
    close(file);
    text[got] = '\0';
    return atol(text);
}

static int leave(long kilobytes) {
    const long pages = pages_mapped();
    if (pages < 0) return -1;
    struct rlimit limit;
    limit.rlim_cur = limit.rlim_max = (rlim_t)pages * 4096 + (rlim_t)kilobytes * 1024;
    return setrlimit(RLIMIT_AS, &limit);
}

static int fill(int count, size_t size, size_t more) {
    for (int i = 0; i < count; ++i) {
        block[i] = malloc(size + more * (size_t)i);
        if (block[i] == NULL) return 0;
        memset(block[i], 1, size + more * (size_t)i);
    }
    for (int i = 0; i < count / 2; ++i) free(block[i]);
    return 1;
}

int main(int argc, char** argv) {
    struct ledger* book = ledger_open();
    if (argc < 2) return 2;
    if (book != NULL)
        book->site_address[0] = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "memtrace_root");
    if (strcmp(argv[1], "lock") == 0 && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return 5;
    if (argc > 2) {
        free(malloc(1)); /* the heap is there */
        if (leave(atol(argv[2])) != 0 || memtrace_start(32) != 0) return 4;
    }
    const int large = strcmp(argv[1], "large") == 0;
    const int good = large ? fill(LARGE, 1 << 20, 0) : fill(SMALL, 100, 1);
    if (book != NULL) raise(SIGSTOP);
    static const char done[] = "done\n", failed[] = "no memory\n";
    const long wrote = good ? write(1, done, sizeof done - 1) : write(1, failed, sizeof failed - 1);
    return wrote < 0 ? 6 : good ? 7 : 3;
}
