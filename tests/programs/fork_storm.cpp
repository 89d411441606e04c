// SPDX-License-Identifier: MIT
//
// Four threads allocate and track keys while the fifth forks: each child inherits a table that
// other threads were in the midst of writing, and those threads do not exist
// there. A child must be able to allocate, and its table must be whole. The last
// child stops itself and is read by the test, which learns its number from stdout.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kThreads = 4;
constexpr int kChildren = 200;
bool stop = false;

void* allocate(void* argument) {
    unsigned long state = reinterpret_cast<unsigned long>(argument);
    void* kept[64] = {};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        void*& slot = kept[state >> 58];
        const uintptr_t key = state >> 50;
        if (state >> 41 & 1) {
            const unsigned domain = 1 + (state >> 42 & 1);
            if (state >> 43 & 1) {
                memtrace_track(domain, key, key);
            } else if (state >> 44 & 1) {
                memtrace_touch(domain, key);
            } else {
                memtrace_untrack(domain, key);
            }
        } else if (state >> 40 & 1) {
            slot = realloc(slot, 1 + (state >> 33) % 500);
        } else {
            free(slot);
            slot = malloc(1 + (state >> 33) % 500);
        }
    }
    for (void* block : kept) free(block);
    return nullptr;
}

int child_works() {
    for (int i = 0; i < 1000; ++i) {
        void* volatile block = malloc(100);
        if (block == nullptr) return 1;
        free(block);
        // Any part of the table may have been locked by a thread that is not here.
        const uintptr_t key = static_cast<uintptr_t>(i);
        if (memtrace_track(1, key, key) != 0 || memtrace_touch(1, key) != 0) return 3;
    }
    return memtrace_is_tracing() ? 0 : 2;
}

}  // namespace

int main() {
    if (memtrace_start(32) != 0) return 4;
    pthread_t threads[kThreads];
    for (unsigned long i = 0; i < kThreads; ++i) {
        pthread_create(&threads[i], nullptr, allocate, reinterpret_cast<void*>(i + 1));
    }
    for (int i = 0; i < kChildren; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            const int result = child_works();
            if (i + 1 == kChildren) raise(SIGSTOP);
            _exit(result);
        }
        int status = -1;
        waitpid(child, &status, WUNTRACED);
        if (i + 1 < kChildren && status != 0) return 5;
        if (i + 1 < kChildren) continue;
        char line[32];
        std::snprintf(line, sizeof line, "%d\n", child);
        if (write(1, line, std::strlen(line)) < 0) return 6;
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
    raise(SIGSTOP);
    return 0;
}
