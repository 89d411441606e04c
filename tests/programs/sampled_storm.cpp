// SPDX-License-Identifier: MIT
//
// Four threads allocate, resize and free at sites of one size each, and pass
// blocks to each other, while a sample of the blocks is traced. The ledger holds
// all of them: what the table says exactly must equal it, and what it estimates
// must be as near as the sample allows.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "ledger.h"

namespace {

constexpr int kThreads = 4;
constexpr int kSlots = 2000;
constexpr int kRounds = 60000;
constexpr uint64_t kMean = 4096;  // tests/faults/sampled_test.cpp knows it
constexpr size_t kSizes[] = {16, 64, 240, 1000, 4096, 20000};
constexpr unsigned kSites = sizeof kSizes / sizeof *kSizes;

// One for each size; a realloc is an allocation of the site that asks for it.
template <unsigned I>
__attribute__((noinline)) void* site(void* block) {
    void* result = realloc(block, kSizes[I]);
    asm volatile("" : : "i"(I), "r"(result));  // no tail call, no merging of equal functions
    return result;
}
using Site = void* (*)(void*);
template <unsigned... I>
void list_sites(Site* out, std::integer_sequence<unsigned, I...>) {
    ((out[I] = site<I>), ...);
}

struct Slot {
    void* block;
    unsigned site;
};

Site sites[kSites];
Slot shared[64];
int shared_lock[64];
ledger* book;
pthread_barrier_t barrier;

void note(int64_t sign, unsigned at) {
    const auto size = static_cast<int64_t>(kSizes[at]);
    __atomic_fetch_add(&book->site_live[at], sign * size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&book->site_count[at], sign, __ATOMIC_RELAXED);
    if (sign > 0) __atomic_fetch_add(&book->site_made[at], 1, __ATOMIC_RELAXED);
}

void allocate(Slot& slot, unsigned at) {
    if (slot.block != nullptr) note(-1, slot.site);
    slot.block = sites[at](slot.block);
    if (slot.block == nullptr) abort();
    slot.site = at;
    note(1, at);
}

void release(Slot& slot) {
    note(-1, slot.site);
    free(slot.block);
    slot.block = nullptr;
}

void exchange(Slot& slot, unsigned long which) {
    int& lock = shared_lock[which % 64];
    if (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) return;
    std::swap(slot, shared[which % 64]);
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

void* storm(void* argument) {
    static Slot all[kThreads][kSlots];
    const auto index = reinterpret_cast<unsigned long>(argument);
    Slot* slots = all[index];
    unsigned long state = index * 7919 + 17;
    pthread_barrier_wait(&barrier);
    for (int round = 0; round < kRounds; ++round) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        const unsigned long r = state >> 33;
        Slot& slot = slots[r % kSlots];
        const unsigned long what = r / kSlots % 8;
        if (what == 0) {
            exchange(slot, r / 16 / kSlots);
        } else if (what < 3 && slot.block != nullptr) {
            release(slot);
        } else {
            allocate(slot, static_cast<unsigned>(r / 8 / kSlots % kSites));
        }
    }
    for (int i = 0; i < kSlots / 2; ++i) {  // so that the peak is another moment
        if (slots[i].block != nullptr) release(slots[i]);
    }
    for (const Slot& slot : all[index]) {
        if (slot.block != nullptr) ledger_add(book, slot.block, kSizes[slot.site]);
    }
    pthread_barrier_wait(&barrier);
    for (;;) pause();
}

}  // namespace

int main() {
    book = ledger_open();
    if (book == nullptr) return 2;
    list_sites(sites, std::make_integer_sequence<unsigned, kSites>{});
    for (unsigned i = 0; i < kSites; ++i) {
        book->site_address[i] = reinterpret_cast<uint64_t>(sites[i]);
        book->site_size[i] = kSizes[i];
    }
    pthread_barrier_init(&barrier, nullptr, kThreads + 1);
    for (unsigned long i = 0; i < kThreads; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, storm, reinterpret_cast<void*>(i)) != 0) return 3;
    }
    // Begun anew without the program's own start: MEMTRACE=32,sample=N in a test.
    if (!memtrace_is_tracing() && memtrace_start_sampled(32, kMean) != 0) return 4;
    memtrace_clear_traces();
    Slot first = {};  // obeys it, alone: of four threads at once one may be too late
    allocate(first, 0);
    release(first);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (const Slot& slot : shared) {
        if (slot.block != nullptr) ledger_add(book, slot.block, kSizes[slot.site]);
    }
    raise(SIGSTOP);
    return 0;
}
