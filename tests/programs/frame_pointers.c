/* SPDX-License-Identifier: MIT
 *
 * Calls malloc from code that no table describes, with a frame pointer that is anything:
 * what a walk does with it must be the same where it may open no file and make no system
 * call but the allocator's own. Argument: forbidden = with RLIMIT_NOFILE 0 and a filter. */
#include <memtrace.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"
#include "ledger.h"

enum { PAGE = 4096, VALUES = 12 };

/* void* allocate_with(size_t size, uintptr_t frame_pointer), without a word of CFI. */
void* allocate_with(size_t size, uintptr_t frame_pointer);
__asm__(
    ".pushsection .text\n"
    ".globl allocate_with\n"
    "allocate_with:\n"
    "  push %rbp\n"
    "  sub $16, %rsp\n"
    "  mov %rsi, %rbp\n"
    "  call *memory_source(%rip)\n"
    "  add $16, %rsp\n"
    "  pop %rbp\n"
    "  ret\n"
    ".popsection\n");
void* (*memory_source)(size_t) = malloc;

int main(int argc, char** argv) {
    static const int allowed[] = {SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise,
                                  SYS_brk,  SYS_mremap, SYS_kill,     SYS_exit_group};
    struct ledger* book = ledger_open();
    const pid_t self = getpid();
    char* pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (book == NULL || pages == MAP_FAILED || memtrace_start(32) != 0) return 2;
    free(malloc(1)); /* libc's first asks for random bytes */
    mprotect(pages + PAGE, PAGE, PROT_NONE);
    uintptr_t* cycle = (uintptr_t*)(pages + 64);
    cycle[0] = (uintptr_t)(cycle + 4);
    cycle[1] = cycle[5] = (uintptr_t)&main;
    cycle[4] = (uintptr_t)cycle;
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    const uintptr_t values[VALUES] = {0,
                                      1,
                                      ~(uintptr_t)0,
                                      here,
                                      here - 4096,
                                      here + 1,
                                      (uintptr_t)pages + PAGE,
                                      (uintptr_t)pages + PAGE - 8,
                                      (uintptr_t)cycle,
                                      0xffffffff81000000u,
                                      0x800000000000u,
                                      (uintptr_t)pages + 2 * PAGE - 1};
    if (argc > 1 && strcmp(argv[1], "forbidden") == 0) {
        const struct rlimit none = {0, 0};
        if (setrlimit(RLIMIT_NOFILE, &none) != 0 ||
            filter_all_but(allowed, sizeof allowed / sizeof *allowed, FILTER_KILLS) != 0) {
            _exit(3);
        }
    }
    for (unsigned i = 0; i < VALUES; ++i) {
        const size_t size = LEDGER_OWN + i;
        ledger_add(book, allocate_with(size, values[i]), size);
    }
    kill(self, SIGSTOP);
    _exit(0);
}
