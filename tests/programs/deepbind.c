/* SPDX-License-Identifier: MIT
 *
 * Opens deepbind_plugin.c with RTLD_DEEPBIND (or, with the argument "namespace", in a
 * namespace of its own), so that its malloc, free and realloc are libc's and no hook of
 * the runtime: blocks of each side are freed and grown by the other. What memtrace can
 * know of it: a row whose address is given out again is replaced, and counted. The
 * ledger has what the hooks gave and the program still holds, and in site_made[0] how
 * many addresses came back. The plugin lies beside the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"

static void* (*make)(size_t);
static void (*drop)(void*);
static void* (*grow)(void*, size_t);

__attribute__((noinline)) void deepbind_done(void) { __asm__ volatile(""); }

static void load(int apart) {
    static const char plugin[] = "/libdeepbind_plugin.so";
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof plugin);
    if (length <= 0) exit(2);
    path[length] = 0;
    strcpy(strrchr(path, '/'), plugin);
    void* handle =
        apart ? dlmopen(LM_ID_NEWLM, path, RTLD_NOW) : dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
    if (handle == 0) {
        puts(dlerror());
        exit(2);
    }
    *(void**)&make = dlsym(handle, "plugin_make");
    *(void**)&drop = dlsym(handle, "plugin_free");
    *(void**)&grow = dlsym(handle, "plugin_grow");
}

static void held(struct ledger* book, void* block, size_t size) {
    if (book != 0) ledger_add(book, block, size);
}

/* Freed by the plugin, unseen; then the address comes back, by malloc and by realloc. */
static int reuse(struct ledger* book) {
    int came_back = 0;
    void* block = malloc(5000);
    void* volatile guard = malloc(16); /* the hole must not join the heap's end */
    uintptr_t before = (uintptr_t)block;
    drop(block);
    block = malloc(5000);
    came_back += (uintptr_t)block == before;
    before = (uintptr_t)block;
    drop(block);
    void* grown = realloc(malloc(2000), 5000);
    came_back += (uintptr_t)grown == before;
    held(book, guard, 16);
    held(book, grown, 5000);
    return came_back;
}

int main(int argc, char** argv) {
    const int apart = argc > 1 && strcmp(argv[1], "namespace") == 0;
    struct ledger* book = ledger_open();
    load(apart);
    if (!apart) {
        const int came_back = reuse(book);
        if (book != 0) book->site_made[0] = (uint64_t)came_back;
        free(make(400)); /* a block that was never seen */
        held(book, realloc(make(600), 6000), 6000);
    }
    drop(grow(make(10), 20));
    deepbind_done();
    if (book != 0) raise(SIGSTOP);
    puts("ok");
    return 0;
}
