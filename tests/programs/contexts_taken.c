/* SPDX-License-Identifier: MIT
 *
 * What one thread leaves behind when it ends, two new ones may both come to take. The test
 * (contexts_test.cpp) holds the first of them in the midst of that, instruction by instruction,
 * while the second allocates. ARGUMENT: a file of a page that the test shares. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "contexts_taken.h"
#include "watchdog.h"

static struct shared* shared;

static void wait_for(int step) {
    while (__atomic_load_n(&shared->step, __ATOMIC_ACQUIRE) < step) {
    }
}
static void allocate(void) {
    void* volatile block = malloc(100);
    free(block);
}

static void* ended(void* unused) {
    (void)unused;
    shared->ended = (int)syscall(SYS_gettid);
    allocate();
    return 0;
}
static void* first(void* unused) {
    (void)unused;
    __atomic_store_n(&shared->first, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    wait_for(1); /* the test is about to step */
    allocate();
    __atomic_store_n(&shared->first_done, 1, __ATOMIC_RELEASE);
    wait_for(3);
    return 0;
}
static void* second(void* unused) {
    (void)unused;
    shared->second = (int)syscall(SYS_gettid);
    allocate();
    __atomic_store_n(&shared->second_done, 1, __ATOMIC_RELEASE);
    wait_for(3);
    return 0;
}

int main(int argc, char** argv) {
    pthread_t threads[3];
    const int file = argc > 1 ? open(argv[1], O_RDWR) : -1;
    watchdog(100);
    shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) return 2;
    allocate();
    /* The first is there before the other ends, so that it is not at its address. */
    if (pthread_create(&threads[1], 0, first, 0) != 0) return 3;
    if (pthread_create(&threads[0], 0, ended, 0) != 0) return 3;
    pthread_join(threads[0], 0);
    __atomic_store_n(&shared->is_ready, 1, __ATOMIC_RELEASE);
    wait_for(2); /* the first is held */
    if (pthread_create(&threads[2], 0, second, 0) != 0) return 3;
    pthread_join(threads[1], 0);
    pthread_join(threads[2], 0);
    return 0;
}
