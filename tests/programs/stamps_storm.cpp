// SPDX-License-Identifier: MIT
//
// Four threads allocate, resize, free each other's blocks and track keys, in
// stretches; between two of them the program stops, and whoever watches may set a
// mark there. The ledger says of each block in which stretch, by which thread and as
// which of its allocations it was made. In the end a child of fork goes on alone.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "ledger.h"

namespace {

constexpr int kThreads = 4;
constexpr int kSlots = 700;
constexpr int kRounds = 8000;
constexpr int kStretches = 7;
constexpr unsigned kDomain = 5;

struct Slot {
    uint64_t key, size;
    unsigned domain;
    uint32_t stretch, tid;
    uint64_t order;
};

struct Worker {
    unsigned long state;
    uint64_t made;
    Slot slot[kSlots];
    unsigned long random() {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        return state >> 33;
    }
};

ledger* book;
Worker workers[kThreads];
Slot exchanged[64];
int exchange_lock[64];
pthread_barrier_t barrier;
uint32_t stretch;

void* block(const Slot& slot) { return reinterpret_cast<void*>(slot.key); }

void made(Worker& w, Slot& slot) {
    slot.stretch = stretch;
    slot.tid = static_cast<uint32_t>(gettid());
    slot.order = ++w.made;
}

void fill(Worker& w, Slot& slot) {
    slot.size = 1 + w.random() % (w.random() % 50 == 0 ? 300000 : 700);
    slot.domain = w.random() % 8 == 0 ? kDomain : 0;
    if (slot.domain != 0) {
        slot.key = reinterpret_cast<uint64_t>(&slot);
        if (memtrace_track(kDomain, slot.key, slot.size) != 0) abort();
    } else {
        void* fresh = w.random() % 2 == 0 ? malloc(slot.size) : calloc(1, slot.size);
        slot.key = reinterpret_cast<uint64_t>(fresh);
    }
    made(w, slot);
}

void change(Worker& w, Slot& slot) {
    if (slot.domain != 0) {
        if (memtrace_touch(kDomain, slot.key) != 0) return;  // was dropped by a clear
    } else {
        slot.size = 1 + w.random() % 900;
        slot.key = reinterpret_cast<uint64_t>(realloc(block(slot), slot.size));
    }
    made(w, slot);
}

void release(Slot& slot) {
    if (slot.domain != 0) {
        memtrace_untrack(kDomain, slot.key);
    } else {
        free(block(slot));
    }
    slot.size = 0;
}

// Into the hands of whoever takes it from there. A key stays: it is its slot's address.
void exchange(Worker& w, Slot& slot) {
    if (slot.size != 0 && slot.domain != 0) return;
    const auto place = w.random() % 64;
    while (__atomic_exchange_n(&exchange_lock[place], 1, __ATOMIC_ACQUIRE) != 0) {
    }
    std::swap(exchanged[place], slot);
    __atomic_store_n(&exchange_lock[place], 0, __ATOMIC_RELEASE);
}

void work(Worker& w) {
    for (int i = 0; i < kRounds; ++i) {
        Slot& slot = w.slot[w.random() % kSlots];
        if (slot.size == 0) {
            fill(w, slot);
        } else if (w.random() % 4 == 0) {
            change(w, slot);
        } else if (w.random() % 3 == 0) {
            exchange(w, slot);
        } else {
            release(slot);
        }
    }
}

void enter(const Slot& slot) {
    if (slot.size == 0) return;
    ledger_add_key(book, slot.domain, slot.key, slot.size);
    ledger_block& entry = book->block[book->block_count - 1];
    entry.stretch = slot.stretch;
    entry.tid = slot.tid;
    entry.order = slot.order;
}

void write_ledger() {
    book->block_count = 0;
    for (const Worker& w : workers) {
        for (const Slot& slot : w.slot) enter(slot);
    }
    for (const Slot& slot : exchanged) enter(slot);
}

void* run(void* argument) {
    auto& w = *static_cast<Worker*>(argument);
    const bool first = argument == &workers[0];
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < kStretches; ++i) {
        work(w);
        pthread_barrier_wait(&barrier);
        if (first) {
            write_ledger();
            raise(SIGSTOP);
            ++stretch;
        }
        pthread_barrier_wait(&barrier);
    }
    return nullptr;
}

// The child has all blocks of its parent; it goes on as the first worker.
void fork_and_stop() {
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(workers[0]);
        write_ledger();
        book->site_size[0] = static_cast<uint64_t>(getpid());
        for (;;) pause();
    }
    while (__atomic_load_n(&book->site_size[0], __ATOMIC_ACQUIRE) == 0) usleep(1000);
    raise(SIGSTOP);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

}  // namespace

int main() {
    book = ledger_open();
    if (book == nullptr) return 3;
    pthread_barrier_init(&barrier, nullptr, kThreads);
    for (int i = 0; i < kThreads; ++i) workers[i].state = static_cast<unsigned long>(i) * 77 + 5;
    pthread_t threads[kThreads];
    for (int i = 1; i < kThreads; ++i) {
        if (pthread_create(&threads[i], nullptr, run, &workers[i]) != 0) return 4;
    }
    // What libc allocates for a thread is none of the ledger's.
    if ((memtrace_is_tracing() ? memtrace_clear_traces() : memtrace_start(32)) != 0) return 5;
    run(&workers[0]);
    for (int i = 1; i < kThreads; ++i) pthread_join(threads[i], nullptr);
    fork_and_stop();
    return 0;
}
