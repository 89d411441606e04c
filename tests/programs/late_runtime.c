/* SPDX-License-Identifier: MIT
 *
 * Opens the runtime (the last argument) late, after libraries that use up the room for
 * static thread-local memory (those before it). It works or is refused with a text; the
 * program goes on either way, and its malloc is libc's as before. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char** argv) {
    int opened = 0;
    for (int i = 1; i + 1 < argc; ++i) opened += dlopen(argv[i], RTLD_NOW | RTLD_GLOBAL) != 0;
    void* runtime = dlopen(argv[argc - 1], RTLD_NOW | RTLD_GLOBAL);
    const char* text = runtime == 0 ? dlerror() : "";
    printf("%d opened, runtime %s: %s\n", opened, runtime != 0 ? "works" : "refused", text);
    for (int i = 0; i < 1000; ++i) {
        char* volatile block = malloc((size_t)i);
        block = realloc(block, (size_t)i * 2 + 1);
        memset(block, 1, (size_t)i * 2 + 1);
        free(block);
    }
    if (runtime != 0) {
        /* Through its handle, it is an allocator like any other. */
        void* (*take)(size_t);
        void (*give)(void*);
        *(void**)&take = dlsym(runtime, "malloc");
        *(void**)&give = dlsym(runtime, "free");
        give(take(100));
    }
    puts("done");
    return 0;
}
