// SPDX-License-Identifier: MIT
//
// Many threads at once. Argument:
//   throw   eight throw exceptions through frames that allocate: the unwinder asks the
//           loader and allocates, as tracers do that walk with it
//   crowd   64 allocate on however few cores there are, and the processor time of a pair is
//           compared with that of two threads: a lock that spins makes this crawl
//   bounce  sixteen allocate and free one size, so that addresses go from one to another: a
//           free that is recorded late deletes the next owner's block
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "keeper.h"
#include "watchdog.h"

namespace {

constexpr int kMost = 64;
constexpr char kText[] = "thrown from a frame that allocates, and caught";
ledger* book;
long rounds;

__attribute__((noinline)) long thrower(Keeper& keeper, int depth) {
    keeper.round();
    if (depth == 0) throw std::runtime_error(kText);
    return thrower(keeper, depth - 1) + 1;
}

void* throws(void* argument) {
    Keeper keeper(reinterpret_cast<unsigned long>(argument));
    long caught = 0;
    for (long i = 0; i < rounds; ++i) {
        try {
            thrower(keeper, static_cast<int>(i % 8));
        } catch (const std::runtime_error& error) {
            caught += std::strcmp(error.what(), kText) == 0 ? 1 : 0;
        }
    }
    keeper.write(book);
    return reinterpret_cast<void*>(caught);
}

void* allocates(void* argument) {
    Keeper keeper(reinterpret_cast<unsigned long>(argument));
    for (long i = 0; i < rounds; ++i) keeper.round();
    keeper.write(book);
    return nullptr;
}

void* bounces(void*) {
    constexpr size_t kSize = 24444;
    void* mine = nullptr;
    for (long i = 0; i < rounds; ++i) {
        free(mine);
        mine = malloc(kSize);
        *static_cast<volatile char*>(mine) = 1;
    }
    ledger_add(book, mine, kSize);
    return nullptr;
}

// Nanoseconds of processor time.
double run(void* (*what)(void*), int count, void** results = nullptr) {
    pthread_t threads[kMost];
    timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (long i = 0; i < count; ++i) {
        if (pthread_create(&threads[i], nullptr, what, reinterpret_cast<void*>(i + 1)) != 0)
            _exit(8);
    }
    for (int i = 0; i < count; ++i)
        pthread_join(threads[i], results != nullptr ? &results[i] : nullptr);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 +
           static_cast<double>(after.tv_nsec - before.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
    const char* const mode = argc > 1 ? argv[1] : "";
    watchdog(static_cast<unsigned>(storm(60, 280)));
    book = ledger_open();
    if (book == nullptr || memtrace_start(32) != 0) return 4;
    char line[64] = "ok\n";
    if (std::strcmp(mode, "throw") == 0) {
        void* caught[8] = {};
        rounds = storm(2500, 125000);
        run(throws, 8, caught);
        for (void* count : caught) {
            if (reinterpret_cast<long>(count) != rounds) return 5;
        }
    } else if (std::strcmp(mode, "bounce") == 0) {
        rounds = storm(20000, 1000000);
        run(bounces, 16);
    } else {
        rounds = storm(4000, 100000);
        run(allocates, 2);
        const double two = run(allocates, 2) / 2;
        const double crowd = run(allocates, kMost) / kMost;
        std::snprintf(line, sizeof line, "%.2f\n", crowd / two);
    }
    if (write(1, line, std::strlen(line)) < 0) return 8;
    raise(SIGSTOP);
    return 0;
}
