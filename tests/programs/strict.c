/* SPDX-License-Identifier: MIT
 *
 * A program that grows its heap and then may do nothing but read, write and exit
 * (SECCOMP_MODE_STRICT). Nobody can foresee that, and memory for the table can be had no
 * more: what is mapped already must do for a small program. Argument: how many blocks.
 *
 * Where the kernel puts a heap is random. One in forty has a multiple of 32 MiB in the few
 * hundred KiB that are used here, and beyond it the table needs pages of another part: there
 * the program goes to the other side before it may do no more (docs/limits.md). */
#include <linux/seccomp.h>
#include <malloc.h>
#include <memtrace.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PART = 32 << 20, NEEDED = 4 << 20 };
static void* volatile sink;

static size_t room_in_part(uintptr_t address) { return PART - address % PART; }

int main(int argc, char** argv) {
    const int count = argc > 1 ? atoi(argv[1]) : 100;
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    memtrace_is_tracing();
    sink = malloc(64 << 20);
    free(sink);
    if (room_in_part((uintptr_t)malloc(64)) < NEEDED) sink = malloc(NEEDED);
    sink = malloc(64);
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
