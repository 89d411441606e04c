/* SPDX-License-Identifier: MIT
 *
 * Its dl_iterate_phdr allocates, so that it does while the runtime looks for the real malloc:
 * what it gets then is a block like any other, which is in no trace and may be all that leads
 * to one that is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>

#include "ledger.h"

static void** first;

int dl_iterate_phdr(int (*each)(struct dl_phdr_info*, size_t, void*), void* context) {
    static int (*real)(int (*)(struct dl_phdr_info*, size_t, void*), void*);
    if (first == 0) first = malloc(sizeof(void*));
    if (real == 0) *(void**)&real = dlsym(RTLD_NEXT, "dl_iterate_phdr");
    const int result = real(each, context);
    return result;
}

int main(void) {
    struct ledger* book = ledger_open();
    if (book == 0 || first == 0) return 2;
    *first = malloc(123);
    book->site_address[0] = (uint64_t)(uintptr_t)first;
    raise(SIGSTOP);
    return 0;
}
