// SPDX-License-Identifier: MIT
//
// Allocations before main and before any constructor of a library: an entry of the preinit
// array, an ifunc's resolver, a constructor of the first priority, a C++ static; and after
// main, in a static's destructor and at exit. Tracers that set themselves up in a
// constructor of their own miss these, or crash in them.
#include <memtrace.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ledger.h"

namespace {

struct Early {
    void* block;
    size_t size;
};
Early early[16];
int count;
int errors;

void take(size_t size) {
    errno = 4242;
    void* const block = malloc(size);
    if (block == nullptr || errno != 4242) ++errors;
    early[count++] = {block, size};
    free(malloc(size));
}

void preinit(int, char**, char**) { take(1001); }
__attribute__((section(".preinit_array"), used)) void (*entry)(int, char**, char**) = preinit;

__attribute__((constructor(101))) void first() { take(1009); }

struct Static {
    Static() { take(1013); }
    ~Static() {
        for (int i = 0; i < count; ++i) free(early[i].block);
        std::puts("freed at the end");
    }
} whole;

int seven() { return 7; }

}  // namespace

extern "C" {
static int (*resolve())() {
    take(1019);
    return seven;
}
int resolved() __attribute__((ifunc("resolve")));
}

int main(int argc, char** argv) {
    std::printf("%d early, %d errors, %d\n", count, errors, resolved());
    std::fflush(stdout);
    if (argc > 1 && std::strcmp(argv[1], "stop") == 0) {
        ledger* const book = ledger_open();
        for (int i = 0; i < count; ++i) ledger_add(book, early[i].block, early[i].size);
        raise(SIGSTOP);
    }
    return 3;
}
