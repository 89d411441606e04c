/* SPDX-License-Identifier: MIT
 *
 * Another allocator between the program and libc, of the awkward kind: classes
 * of 8 bytes (four blocks in one 32-byte granule of the block table), and
 * calloc, realloc and the aligned forms made of public malloc and free, so that
 * each call comes back through the hooks. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { SPAN = 65536, CLASSES = 257 };
struct header {  /* at the start of each 64 KiB of a mapping */
    size_t size; /* of each block; of a mapping of its own, the block's */
    int is_mapping;
};
struct hole {
    struct hole* next;
};
static struct hole* holes[CLASSES];
static int lock;

void* malloc(size_t size);
void free(void* block);

static void* map(size_t size) {
    char* raw = mmap(0, size + SPAN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return 0;
    size = (size + 4095) & ~(size_t)4095;
    const size_t before = (SPAN - (uintptr_t)raw % SPAN) % SPAN;
    if (before != 0) munmap(raw, before);
    munmap(raw + before + size, SPAN - before);
    return raw + before;
}

static struct header* header_of(void* block) {
    return (struct header*)((uintptr_t)block & ~(uintptr_t)(SPAN - 1));
}

static void* page_block(size_t size) { /* aligned to a page */
    if (size > PTRDIFF_MAX) {
        errno = ENOMEM;
        return 0;
    }
    struct header* header = map(size + 4096);
    if (header == 0) {
        errno = ENOMEM;
        return 0;
    }
    header->size = size;
    header->is_mapping = 1;
    return (char*)header + 4096;
}

static int refill(size_t class) {
    struct header* span = map(SPAN);
    if (span == 0) return 0;
    span->size = class * 8;
    for (size_t at = 64; at + class * 8 <= SPAN; at += class * 8) {
        struct hole* hole = (struct hole*)((char*)span + at);
        hole->next = holes[class];
        holes[class] = hole;
    }
    return 1;
}

void* malloc(size_t size) {
    const size_t class = size == 0 ? 1 : (size + 7) / 8;
    if (class >= CLASSES) return page_block(size);
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
    struct hole* hole = 0;
    if (holes[class] != 0 || refill(class)) {
        hole = holes[class];
        holes[class] = hole->next;
    }
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    return hole;
}

void free(void* block) {
    if (block == 0) return;
    const size_t size = header_of(block)->size;
    if (header_of(block)->is_mapping) {
        munmap(header_of(block), size + 4096);
        return;
    }
    struct hole* hole = block;
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
    hole->next = holes[size / 8];
    holes[size / 8] = hole;
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

void* calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return 0;
    }
    unsigned char* volatile block = malloc(bytes); /* volatile: or it becomes a call of calloc */
    if (block != 0) memset(block, 0, bytes);
    return block;
}

void* realloc(void* block, size_t size) {
    if (block == 0) return malloc(size);
    if (size == 0) {
        free(block);
        return 0;
    }
    void* moved = malloc(size);
    if (moved == 0) return 0;
    const size_t kept = header_of(block)->size;
    memcpy(moved, block, kept < size ? kept : size);
    free(block);
    return moved;
}

void* reallocarray(void* block, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return 0;
    }
    return realloc(block, bytes);
}

void* memalign(size_t alignment, size_t size) {
    if (alignment > 4096) return 0;
    return alignment <= 8 ? malloc(size) : page_block(size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
    void* block = memalign(alignment, size);
    if (block == 0) return ENOMEM;
    *out = block;
    return 0;
}
void* valloc(size_t size) { return memalign(4096, size); }
void* pvalloc(size_t size) { return memalign(4096, size); }
