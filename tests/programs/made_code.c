/* SPDX-License-Identifier: MIT
 *
 * A JIT compiler that says what it makes: two functions in a page of its own, listed in
 * /tmp/perf-PID.map as perf asks for it. Debuggers know no name for them; the report named
 * nothing between the program's functions. Prints the file's name; who runs this removes it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void* kept;

__attribute__((noinline)) void made_done(void) { __asm__ volatile("nop" ::: "memory"); }

__attribute__((noinline)) static void allocate(void) { kept = malloc(123456); }

int main(void) {
    /* 0: push rbp; mov rbp,rsp; call rsi; pop rbp; ret
     * 16: push rbp; mov rbp,rsp; call rdi; pop rbp; ret */
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd6, 0x5d, 0xc3,
                                         0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc,
                                         0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
    char name[64];
    unsigned char* page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 1;
    memcpy(page + 64, code, sizeof code);
    snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
    FILE* map = fopen(name, "w");
    if (map == NULL) return 2;
    fprintf(map, "%lx 8 LazyCompile:~outer made.js:1\n", (unsigned long)(uintptr_t)(page + 64));
    fprintf(map, "%lx 8 LazyCompile:*inner made.js:2\n", (unsigned long)(uintptr_t)(page + 80));
    fclose(map);
    printf("%s\n", name);
    fflush(stdout);
    ((void (*)(void (*)(void), void*))(void*)(page + 64))(allocate, page + 80);
    made_done();
    return 0;
}
