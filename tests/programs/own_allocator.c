/* SPDX-License-Identifier: MIT
 *
 * A program, or a library beside the runtime, that defines a part of the malloc family
 * itself and leaves the rest to others: what is left finds the definitions of somebody
 * else, and libc's reallocarray finds this realloc. A runtime that answers reallocarray
 * by libc's realloc hands it a block of this pool ("realloc(): invalid pointer").
 * OWN_CALLOC, OWN_REALLOC: defined here too. OWN_FORWARDS: no pool, all is passed on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Calls of malloc, free, calloc, realloc; the program prints them. */
long own_calls[4];

static void* next(const char* name) { return dlsym(RTLD_NEXT, name); }

#ifdef OWN_FORWARDS
void* malloc(size_t size) {
    static void* (*real)(size_t);
    if (real == 0) *(void**)&real = next("malloc");
    ++own_calls[0];
    return real(size);
}
void free(void* block) {
    static void (*real)(void*);
    if (real == 0) *(void**)&real = next("free");
    ++own_calls[1];
    real(block);
}
#else
static char pool[1 << 22] __attribute__((aligned(16)));
static size_t top;

static int is_own(const void* block) {
    return (const char*)block >= pool && (const char*)block < pool + sizeof pool;
}

static void* take(size_t size) {
    if (size > sizeof pool / 2 || top + size + 32 > sizeof pool) {
        errno = ENOMEM;
        return 0;
    }
    size_t* head = (size_t*)(pool + top);
    top += ((size + 15) & ~(size_t)15) + 16;
    *head = size;
    return head + 2;
}

void* malloc(size_t size) {
    ++own_calls[0];
    return take(size);
}
void free(void* block) {
    if (block == 0) return;
    ++own_calls[1];
    if (is_own(block)) return;
    void (*real)(void*);
    *(void**)&real = next("free");
    real(block);
}
#ifdef OWN_CALLOC
void* calloc(size_t count, size_t size) {
    ++own_calls[2];
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = ~(size_t)0;
    return take(bytes); /* never given out before: zero */
}
#endif
#ifdef OWN_REALLOC
void* realloc(void* block, size_t size) {
    ++own_calls[3];
    if (block != 0 && !is_own(block)) {
        void* (*real)(void*, size_t);
        *(void**)&real = next("realloc");
        return real(block, size);
    }
    void* moved = take(size);
    if (moved == 0 || block == 0) return moved;
    const size_t before = ((size_t*)block)[-2];
    memcpy(moved, block, before < size ? before : size);
    return moved;
}
#endif
#endif
