/* SPDX-License-Identifier: MIT
 *
 * Loaded before the runtime: its constructor fails dlsym 10 000 times, each of which
 * allocates a message, possibly the process's very first allocation; keeps the text of
 * the last and frees it at exit. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static char* last;

__attribute__((constructor)) static void fail_often(void) {
    for (int i = 0; i < 10000; ++i) {
        if (dlsym(RTLD_NEXT, "no_such_name_anywhere") != 0) abort();
        if (i % 2 == 0) dlerror();
    }
    const char* text = dlerror();
    last = strdup(text != 0 ? text : "");
}

__attribute__((destructor)) static void forget(void) { free(last); }
