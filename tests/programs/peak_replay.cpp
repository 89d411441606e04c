// SPDX-License-Identifier: MIT
//
// Random allocations and frees at many sites, replayed beside them by brute
// force: what was live, when it was most, and what each site held then.
// Argument 1: busy threads; argument 2: idle threads that are alive meanwhile, or "turns":
// the threads do the work of one, strictly one after the other; every second one ends
// before the next begins. A report once said of such threads that they had allocated at the
// same time, and blurred the peak. With one thread at work at a time the ledger holds the
// exact answer; with several it holds the events in the order in which an atomic counter
// saw them.
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

constexpr unsigned kSites = 48;
constexpr int kSlots = 400;
constexpr int kEventsAlone = 60000;
constexpr int kEventsEach = 40000;

using Site = void* (*)(size_t);
template <unsigned I>
__attribute__((noinline)) void* site(size_t size) {
    void* block = malloc(size);
    asm volatile("" : : "i"(I), "r"(block));  // no tail call, no merging of equal functions
    return block;
}
template <unsigned... I>
void list_sites(Site* out, std::integer_sequence<unsigned, I...>) {
    ((out[I] = site<I>), ...);
}

Site sites[kSites];
ledger* book;
pthread_barrier_t barrier;
bool alone;

struct Slot {
    void* block;
    size_t size;
    unsigned site;
};

void replay(int64_t size, unsigned site) {
    book->live += size;
    book->site_live[site] += size;
    book->site_count[site] += size > 0 ? 1 : -1;
    if (book->live <= book->peak) return;
    book->peak = book->live;
    for (unsigned i = 0; i < kSites; ++i) {
        book->site_peak[i] = book->site_live[i];
        book->site_peak_count[i] = book->site_count[i];
    }
}

void log_event(int64_t size, unsigned site, unsigned thread) {
    const uint64_t at = __atomic_fetch_add(&book->event_count, 1, __ATOMIC_SEQ_CST);
    if (at >= LEDGER_EVENTS) abort();
    book->event[at] = {size, site, thread};
}

void note(int64_t size, unsigned site, unsigned thread) {
    if (alone) {
        replay(size, site);
    } else {
        log_event(size, site, thread);
    }
}

// Events [first, last) of a thread's work.
void busy(unsigned thread, int first, int last) {
    static Slot all[16][kSlots];
    static unsigned long states[16];
    Slot* slots = all[thread];
    unsigned long& state = states[thread];
    if (first == 0) state = thread * 977 + 5;
    for (int i = first; i < last; ++i) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        const unsigned long r = state >> 33;
        // Waves: the population swells and shrinks, so that peaks come and go.
        const int reach = 20 + (i / 3000 * 37 + i / 50) % (kSlots - 20);
        Slot& slot = slots[r % static_cast<unsigned>(reach)];
        if (slot.block != nullptr) {
            note(-static_cast<int64_t>(slot.size), slot.site, thread);
            free(slot.block);
            slot.block = nullptr;
        } else {
            slot.size = 1 + r / 512 % 3000;
            slot.site = static_cast<unsigned>(r / 7 % kSites);
            slot.block = sites[slot.site](slot.size);
            note(static_cast<int64_t>(slot.size), slot.site, thread);
        }
    }
}

void* run_busy(void* argument) {
    pthread_barrier_wait(&barrier);
    busy(static_cast<unsigned>(reinterpret_cast<unsigned long>(argument)), 0, kEventsEach);
    pthread_barrier_wait(&barrier);
    for (;;) pause();
}

constexpr unsigned kMostTurns = 32;
sem_t turn_begins[kMostTurns], turn_ends;
unsigned turns;

void* run_turn(void* argument) {
    const auto turn = static_cast<unsigned>(reinterpret_cast<unsigned long>(argument));
    while (sem_wait(&turn_begins[turn]) != 0) {
    }
    const int part = kEventsAlone / static_cast<int>(turns);
    busy(0, static_cast<int>(turn) * part, static_cast<int>(turn + 1) * part);
    if (turn % 2 != 0) return nullptr;
    sem_post(&turn_ends);
    for (;;) pause();
}

// The threads are there before anything is traced: what libc allocates for them is not
// in the ledger.
int take_turns(unsigned count) {
    if (count > kMostTurns) return 2;
    turns = count;
    alone = true;
    pthread_t thread[kMostTurns];
    sem_init(&turn_ends, 0, 0);
    for (unsigned long i = 0; i < count; ++i) {
        sem_init(&turn_begins[i], 0, 0);
        pthread_create(&thread[i], nullptr, run_turn, reinterpret_cast<void*>(i));
    }
    if (memtrace_start(32) != 0) return 4;
    for (unsigned i = 0; i < count; ++i) {
        sem_post(&turn_begins[i]);
        if (i % 2 != 0) {
            pthread_join(thread[i], nullptr);
        } else {
            while (sem_wait(&turn_ends) != 0) {
            }
        }
    }
    raise(SIGSTOP);
    return 0;
}

void* run_idle(void*) {
    free(malloc(1));  // known to the runtime, then silent
    pthread_barrier_wait(&barrier);
    for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
    book = ledger_open();
    if (argc < 3 || book == nullptr) return 2;
    const auto threads = static_cast<unsigned>(atoi(argv[1]));
    const auto idle = static_cast<unsigned>(atoi(argv[2]));
    alone = threads == 1;
    list_sites(sites, std::make_integer_sequence<unsigned, kSites>{});
    for (unsigned i = 0; i < kSites; ++i) {
        book->site_address[i] = reinterpret_cast<uint64_t>(sites[i]);
    }
    if (strcmp(argv[2], "turns") == 0) return take_turns(threads);
    pthread_t thread;
    if (alone) {
        pthread_barrier_init(&barrier, nullptr, idle + 1);
        if (memtrace_start(32) != 0) return 4;
        for (unsigned i = 0; i < idle; ++i) pthread_create(&thread, nullptr, run_idle, nullptr);
        pthread_barrier_wait(&barrier);
        memtrace_clear_traces();
        busy(0, 0, kEventsAlone);
    } else {
        pthread_barrier_init(&barrier, nullptr, threads + 1);
        for (unsigned long i = 0; i < threads; ++i) {
            pthread_create(&thread, nullptr, run_busy, reinterpret_cast<void*>(i));
        }
        if (memtrace_start(32) != 0) return 4;
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    raise(SIGSTOP);
    return 0;
}
