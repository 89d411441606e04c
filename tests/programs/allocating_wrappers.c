/* SPDX-License-Identifier: MIT
 *
 * Other people's wrappers of mmap, open and their like, preloaded beside the runtime: they
 * allocate, as a logging or quota library does. A runtime that maps its pages through
 * these names comes back into its own hooks, and one that holds a lock waits for ever. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often each was called; a test may ask. */
long allocating_wrappers_called;
static __thread int inside;

static void wrapped(void) {
    __atomic_add_fetch(&allocating_wrappers_called, 1, __ATOMIC_RELAXED);
    if (inside) return; /* malloc's own mmap */
    inside = 1;
    void* volatile block = malloc(100);
    block = realloc(block, 200);
    free(block);
    inside = 0;
}

void* mmap(void* at, size_t size, int access, int flags, int fd, off_t offset) {
    wrapped();
    return (void*)syscall(SYS_mmap, at, size, access, flags, fd, offset);
}

int munmap(void* at, size_t size) {
    wrapped();
    return (int)syscall(SYS_munmap, at, size);
}

int mprotect(void* at, size_t size, int access) {
    wrapped();
    return (int)syscall(SYS_mprotect, at, size, access);
}

int madvise(void* at, size_t size, int advice) {
    wrapped();
    return (int)syscall(SYS_madvise, at, size, advice);
}

int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const int mode = va_arg(more, int);
    va_end(more);
    wrapped();
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void* into, size_t size) {
    wrapped();
    return syscall(SYS_read, fd, into, size);
}

ssize_t readlink(const char* path, char* into, size_t size) {
    wrapped();
    return syscall(SYS_readlink, path, into, size);
}

int close(int fd) {
    wrapped();
    return (int)syscall(SYS_close, fd);
}
