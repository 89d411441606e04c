/* SPDX-License-Identifier: MIT
 *
 * A program that nobody prepared: opens the runtime (its first argument) when it has been running
 * for a while, as a debugger would make it, and has its entries redirected. Its own blocks, those
 * that libc makes for it, and those of plugins that are opened later are in its ledger; it stops
 * to be looked at. Then the entries are put back, and all of it happens once more.
 *
 * Arguments: RUNTIME PLUGIN-PATH PLUGIN-NAME */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "memtrace.h"

/* With an allocator of its own a program calls that directly: such blocks are not seen. */
#ifdef OWN_MALLOC
#define IS_SEEN 0
#else
#define IS_SEEN 1
#endif

enum { kWords = 48 };
/* Lies behind it, so that as many words can be read. */
__attribute__((used)) static char behind_the_table[sizeof(uintptr_t) * kWords] = {1};

static struct ledger* book;
static uint64_t (*attach_runtime)(void);
static uint64_t (*detach_runtime)(void);
static const struct memtrace_functions* functions;

static const uintptr_t* table(void) {
    for (const ElfW(Dyn)* one = _DYNAMIC; one->d_tag != DT_NULL; ++one)
        if (one->d_tag == DT_PLTGOT) return (const uintptr_t*)one->d_un.d_ptr;
    abort();
}

static void copy_words(uintptr_t* to) {
    for (int i = 3; i < kWords; ++i) to[i] = __atomic_load_n(table() + i, __ATOMIC_RELAXED);
}

static void keep(const void* block, uint64_t size, int seen) {
    if (block == 0) abort();
    if (seen) ledger_add(book, block, size);
}

/* Through entries of libc's: its own calls. */
static void let_libc_allocate(void) {
    static char text[LEDGER_OWN + 200];
    memset(text, 'x', LEDGER_OWN + 100);
    keep(strdup(text), LEDGER_OWN + 101, 1);
    char path[] = "/tmp/memtrace-attached-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0 || unlink(path) != 0) abort();
    text[LEDGER_OWN + 99] = '\n';
    if (write(file, text, LEDGER_OWN + 100) != LEDGER_OWN + 100) abort();
    FILE* stream = fdopen(file, "r");
    char* line = 0;
    size_t size = 0;
    if (stream == 0 || fseek(stream, 0, SEEK_SET) != 0) abort();
    if (getline(&line, &size, stream) != LEDGER_OWN + 100) abort();
    keep(line, size, 1);
    fclose(stream);
}

static void use_plugin(const char* name, uint64_t size) {
    void* plugin = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (plugin == 0) {
        printf("%s\n", dlerror());
        abort();
    }
    void* (*take)(size_t);
    void (*give)(void*);
    *(void**)&take = dlsym(plugin, "plugin_take");
    *(void**)&give = dlsym(plugin, "plugin_give");
    keep(take(size), size, 1);
    give(take(size + 1));
}

static void allocate(char** arguments, void* old) {
    keep(malloc(LEDGER_OWN + 1), LEDGER_OWN + 1, IS_SEEN);
    keep(calloc(2, LEDGER_OWN / 2 + 1), LEDGER_OWN + 2, IS_SEEN);
    keep(realloc(malloc(LEDGER_OWN + 3), LEDGER_OWN + 4), LEDGER_OWN + 4, IS_SEEN);
    keep(reallocarray(malloc(LEDGER_OWN + 3), 2, LEDGER_OWN / 2 + 3), LEDGER_OWN + 6,
         1); /* libc's */
    free(malloc(LEDGER_OWN + 5));
    keep(realloc(old, LEDGER_OWN + 7), LEDGER_OWN + 7, IS_SEEN); /* from before */
    let_libc_allocate();
    use_plugin(arguments[2], LEDGER_OWN + 8);
    use_plugin(arguments[3], LEDGER_OWN + 9);
}

static int count_changes(const uintptr_t* before, const uintptr_t* after) {
    int changes = 0;
    for (int i = 3; i < kWords; ++i) changes += before[i] != after[i];
    return changes;
}

static void one_round(char** arguments) {
    uintptr_t before[kWords], redirected[kWords], restored[kWords];
    void* old = malloc(50);
    void* older = malloc(60);
    copy_words(before);
    const uint64_t result = attach_runtime();
    copy_words(redirected);
    printf("attached %u%s\n", (unsigned)result, (result >> 32) > 5 ? "" : ", few entries");
    if (IS_SEEN && count_changes(before, redirected) < 5) puts("few words changed");
    book->block_count = 0;
    functions->start(32);
    allocate(arguments, old);
    free(older);
    fflush(stdout);
    raise(SIGSTOP);
    functions->stop();
    const uint64_t undone = detach_runtime();
    copy_words(restored);
    printf("detached %u%s\n", (unsigned)undone, undone >> 32 >= result >> 32 ? "" : ", too few");
    for (int i = 3; i < kWords; ++i)
        if (before[i] != redirected[i] && restored[i] != before[i]) puts("a word was not put back");
    if (detach_runtime() >> 32 != 0) puts("detached twice");
}

/* What the loader has protected stays so. */
static int is_writable(const void* address) {
    FILE* maps = fopen("/proc/self/maps", "r");
    char line[512];
    int writable = -1;
    while (maps != 0 && fgets(line, sizeof line, maps) != 0) {
        unsigned long start, end;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3 && start <= (uintptr_t)address &&
            (uintptr_t)address < end)
            writable = rights[1] == 'w';
    }
    if (maps != 0) fclose(maps);
    return writable;
}

int main(int argc, char** arguments) {
    if (argc != 4 || (book = ledger_open()) == 0) return 2;
    free(malloc(10)); /* some of its entries are bound by now, others are not */
    const int writable = is_writable(table() + 3);
    void* runtime = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (runtime == 0) {
        printf("%s\n", dlerror());
        return 3;
    }
    const struct memtrace_functions* (*get)(void);
    *(void**)&attach_runtime = dlsym(runtime, "memtrace_attach");
    *(void**)&detach_runtime = dlsym(runtime, "memtrace_detach");
    *(void**)&get = dlsym(runtime, "memtrace_runtime_functions");
    functions = get();
    for (int i = 0; i < 2; ++i) one_round(arguments);
    if (is_writable(table() + 3) != writable) puts("rights were changed");
    puts("done");
    return 0;
}
