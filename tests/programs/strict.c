/* SPDX-License-Identifier: MIT
 *
 * A program that grows its heap and then may do nothing but read, write and exit
 * (SECCOMP_MODE_STRICT). Nobody can foresee that, and memory for the table can be had no
 * more: what is mapped already must do for a small program. Argument: how many blocks. */
#include <linux/seccomp.h>
#include <malloc.h>
#include <memtrace.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* volatile sink;

int main(int argc, char** argv) {
    const int count = argc > 1 ? atoi(argv[1]) : 100;
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    memtrace_is_tracing();
    sink = malloc(64 << 20);
    free(sink);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) return 2;
    for (int i = 0; i < count; ++i) sink = malloc(64);
    for (int i = 0; i < count; ++i) {
        sink = malloc(64);
        free(sink);
    }
    if (write(1, "done\n", 5) != 5) return 3;
    syscall(SYS_exit, 0);
    return 0;
}
