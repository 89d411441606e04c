// SPDX-License-Identifier: MIT
//
// The classic deadlock: one thread is in dlopen, holds the loader's lock, and allocates;
// another is in the tracer, holds its lock, and asks the loader where code lies. Four
// threads open and close libraries whose constructors allocate, four allocate 40 frames
// deep, one throws, one forks. Arguments: the libraries.
#include <dlfcn.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "keeper.h"
#include "watchdog.h"

namespace {

constexpr int kOpeners = 4, kAllocators = 4;
char** libraries;
unsigned library_count;
bool stop;
ledger* book;

void* open_and_close(void* argument) {
    auto at = reinterpret_cast<unsigned long>(argument);
    for (long rounds = storm(150, 5000); rounds > 0; --rounds) {
        at = at * 6364136223846793005ul + 1442695040888963407ul;
        void* const handle = dlopen(libraries[(at >> 33) % library_count], RTLD_NOW);
        if (handle == nullptr || dlsym(handle, "opened_library_block") == nullptr) _exit(5);
        dlclose(handle);
    }
    return nullptr;
}

__attribute__((noinline)) int deep(Keeper& keeper, int depth) {
    if (depth > 0) return deep(keeper, depth - 1) + 1;
    keeper.round();
    return 0;
}

void* allocate(void* argument) {
    Keeper keeper(reinterpret_cast<unsigned long>(argument));
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        if (deep(keeper, 40) != 40) _exit(6);
    }
    keeper.write(book);
    return nullptr;
}

__attribute__((noinline)) void fail(int depth) {
    if (depth == 0) throw depth;
    fail(depth - 1);
    asm volatile("");
}

void* throw_and_catch(void*) {
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        try {
            fail(10);
        } catch (int) {
        }
    }
    return nullptr;
}

void* fork_often(void*) {
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(30);
            for (int i = 0; i < 100; ++i) free(realloc(malloc(10), 10000));
            _exit(0);
        }
        int status = -1;
        if (waitpid(child, &status, 0) != child || status != 0) _exit(7);
        const timespec brief{0, 10000000};
        nanosleep(&brief, nullptr);
    }
    return nullptr;
}

pthread_t begin(void* (*what)(void*), unsigned long number) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, what, reinterpret_cast<void*>(number)) != 0) _exit(8);
    return thread;
}

}  // namespace

int main(int argc, char** argv) {
    watchdog(static_cast<unsigned>(storm(60, 280)));
    libraries = argv + 1;
    library_count = static_cast<unsigned>(argc - 1);
    book = ledger_open();
    if (book == nullptr || library_count == 0 || memtrace_start(32) != 0) return 4;
    pthread_t openers[kOpeners], others[kAllocators + 2];
    for (unsigned long i = 0; i < kAllocators; ++i) others[i] = begin(allocate, i);
    others[kAllocators] = begin(throw_and_catch, 0);
    others[kAllocators + 1] = begin(fork_often, 0);
    for (unsigned long i = 0; i < kOpeners; ++i) openers[i] = begin(open_and_close, i);
    for (pthread_t thread : openers) pthread_join(thread, nullptr);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (pthread_t thread : others) pthread_join(thread, nullptr);
    raise(SIGSTOP);
    return 0;
}
