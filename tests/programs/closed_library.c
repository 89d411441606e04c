/* SPDX-License-Identifier: MIT
 *
 * A library is closed and another one comes to lie at the same addresses: what
 * the first allocated must keep the first one's name (fault D1: profilers that
 * resolve addresses at the end blame whichever is mapped then). */
#include <dlfcn.h>
#include <memtrace.h>
#include <signal.h>
#include <stdlib.h>

static void* run(const char* library, size_t size, int close) {
    void* handle = dlopen(library, RTLD_NOW);
    if (handle == NULL) abort();
    void* (*allocate)(size_t);
    *(void**)&allocate = dlsym(handle, "allocate");
    void* block = allocate(size);
    if (close) dlclose(handle);
    return block;
}

static void* volatile kept[3];

int main(int argc, char** argv) {
    if (argc < 3 || memtrace_start(32) != 0) return 2;
    kept[0] = run(argv[1], 4001, 1);
    kept[1] = run(argv[2], 4002, 1);
    kept[2] = run(argv[1], 4003, 0); /* the first again: the same module, mapped once more */
    raise(SIGSTOP);
    return 0;
}
