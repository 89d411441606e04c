/* SPDX-License-Identifier: MIT
 *
 * Plugins are loaded, allocate, and are closed again, some of them several times and at the same
 * addresses; their blocks live on. A debugger forgets a library that is closed: its rows had a name
 * and no line, although its file is there still. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

void plugins_closed(void) { __asm__ volatile(""); }

static void* volatile kept[32];

static void run(const char* library, size_t size, int blocks) {
    static int next;
    void* plugin = dlopen(library, RTLD_NOW);
    if (plugin == NULL) abort();
    void* (*make)(size_t);
    *(void**)&make = dlsym(plugin, "make");
    for (int i = 0; i < blocks; ++i) kept[next++] = make(size);
    dlclose(plugin);
}

int main(void) {
    for (int round = 0; round < 5; ++round) {
        run("libclosed_first.so", 1000, 1);
        run("libclosed_second.so", 2000, 2);
    }
    plugins_closed();
    return 0;
}
