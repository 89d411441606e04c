// SPDX-License-Identifier: MIT
//
// A heap with something of everything that a table holds: small and large blocks in many
// lines, sites, threads that work and one that ended, a domain, scopes, the last frees,
// stamps around a mark. A core of it is damaged page by page, and what each command says
// of it then is held against what it says of the whole one. With the argument "busy" its
// threads go on for ever, to be stopped anywhere.
#include <memtrace.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "ledger.h"

namespace {

constexpr unsigned kSites = 40;
constexpr unsigned kBlocks = 700;

using Site = void* (*)(size_t);
template <unsigned I>
__attribute__((noinline)) void* site(size_t size) {
    void* block = malloc(size);
    asm volatile("" : : "i"(I), "r"(block));
    return block;
}
template <unsigned... I>
void list_sites(Site* out, std::integer_sequence<unsigned, I...>) {
    ((out[I] = site<I>), ...);
}

Site sites[kSites];
void* held[3][kBlocks];
sem_t begins, ends;

void fill(unsigned who, unsigned count) {
    unsigned long state = who * 977 + 5;
    for (unsigned i = 0; i < count; ++i) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        const unsigned long r = state >> 33;
        const size_t size = r % 50 == 0 ? 5000 + r % 100000 : 1 + r % 400;
        held[who][i] = sites[r / 512 % kSites](size);
        if (i % 5 == 4) {
            free(held[who][i - 2]);
            held[who][i - 2] = nullptr;
        }
    }
}

void* work(void* argument) {
    const auto who = static_cast<unsigned>(reinterpret_cast<unsigned long>(argument));
    while (sem_wait(&begins) != 0) {
    }
    const int token = memtrace_scope_begin("work");
    fill(who, kBlocks / 2);
    memtrace_scope_end(token);
    sem_post(&ends);
    if (who == 2) return nullptr;
    for (;;) pause();
}

[[noreturn]] void* never_rest(void* argument) {
    const auto who = static_cast<unsigned>(reinterpret_cast<unsigned long>(argument));
    for (unsigned round = 0;; ++round) {
        for (void*& block : held[who]) {
            free(block);
            block = nullptr;
        }
        fill(who, kBlocks / 4 + round % 5 * 100);
        memtrace_track(7 + who, round % 50, 100);
        if (round % 3 == 0) memtrace_untrack(7 + who, round / 3 % 50);
    }
}

}  // namespace

int main(int argc, char** argv) {
    ledger* book = ledger_open();
    if (book == nullptr) return 2;
    list_sites(sites, std::make_integer_sequence<unsigned, kSites>{});
    sem_init(&begins, 0, 0);
    sem_init(&ends, 0, 0);
    pthread_t thread[3];
    if (argc > 1 && strcmp(argv[1], "busy") == 0) {
        for (unsigned long i = 0; i < 3; ++i)
            pthread_create(&thread[i], nullptr, never_rest, reinterpret_cast<void*>(i));
        raise(SIGSTOP);
        for (;;) pause();
    }
    for (unsigned long i = 1; i < 3; ++i) {
        pthread_create(&thread[i], nullptr, work, reinterpret_cast<void*>(i));
        sem_post(&begins);
        while (sem_wait(&ends) != 0) {
        }
    }
    pthread_join(thread[2], nullptr);
    for (int i = 0; i < 3; ++i) {
        const int token = memtrace_scope_begin("fill");
        fill(0, kBlocks / 3 * static_cast<unsigned>(i + 1));
        memtrace_scope_end(token);
    }
    for (unsigned i = 0; i < 20; ++i) memtrace_track(7, 0x1000 + i, 100 + i);
    raise(SIGSTOP);
    return 0;
}
