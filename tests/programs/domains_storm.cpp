// SPDX-License-Identifier: MIT
//
// Threads track, track anew, touch and untrack keys in five domains, some of which use
// the same numbers, hand them to each other, and call malloc, realloc and free in
// between. At each stop the ledger says what there is, by domain. Argument: how many
// threads; one of them keeps the peak, too.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "ledger.h"

namespace {

constexpr unsigned kDomains[] = {0, 1, 5, 7, 0xffffffff};  // domain 0: an arena of mmap's
constexpr unsigned kDomainCount = 5;
constexpr unsigned kHandles = 4;                // each is used once, so another thread may have it
constexpr unsigned kFromMalloc = kDomainCount;  // a slot's kind, beside the domain's index
constexpr int kMaxThreads = 4;
constexpr int kSlots = 1024;
constexpr int kRounds = 20000;
constexpr int kStops = 6;
constexpr size_t kArena = 1 << 20;

struct Slot {
    bool used;
    unsigned kind;
    uint64_t key, size;
};

struct Worker {
    unsigned long state;
    unsigned number;
    uint64_t handles;  // given so far
    char* arena;
    Slot slot[kSlots];
    int64_t live[kDomainCount], made[kDomainCount];
    unsigned long random() {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        return state >> 33;
    }
};

ledger* book;
Worker workers[kMaxThreads];
int thread_count = 1;
pthread_barrier_t barrier;
Slot exchanged[64];
int exchange_lock[64];

void check(int result) {
    if (result != 0) abort();
}

// What the program did last, so that one thread knows the peak.
void account(Worker& w, unsigned kind, int64_t change, int64_t made) {
    const unsigned domain = kind == kFromMalloc ? 0 : kind;
    w.live[domain] += change;
    w.made[domain] += made;
    if (thread_count > 1) return;
    book->live += change;
    if (book->live <= book->peak) return;
    book->peak = book->live;
    for (unsigned d = 0; d < kDomainCount; ++d) book->site_peak[d] = w.live[d];
}

uint64_t new_size(Worker& w, unsigned kind) {
    const unsigned long choice = w.random() % 64;
    if (choice == 0) return 0;
    if (choice == 1 && kind != kFromMalloc) return (3ull << 30) + w.random() % 1000;
    return 1 + w.random() % 3000;
}

void release(Worker& w, Slot& slot) {
    if (slot.kind == kFromMalloc) {
        free(reinterpret_cast<void*>(slot.key));
    } else {
        check(memtrace_untrack(kDomains[slot.kind], slot.key));
        if (w.random() % 4 == 0 && slot.kind != 0) {
            check(memtrace_untrack(kDomains[slot.kind], slot.key));  // again
        }
    }
    account(w, slot.kind, -static_cast<int64_t>(slot.size), 0);
    slot.used = false;
}

void fill(Worker& w, Slot& slot) {
    slot.kind = static_cast<unsigned>(w.random() % (kDomainCount + 1));
    slot.size = new_size(w, slot.kind);
    const auto number = static_cast<uint64_t>(&slot - w.slot);
    if (slot.kind == kFromMalloc) {
        slot.key = reinterpret_cast<uint64_t>(malloc(slot.size));
    } else {
        // The same number in several domains; and some that are no addresses.
        slot.key = reinterpret_cast<uint64_t>(w.arena) + number * 64;
        if (slot.kind > 2) slot.key = ~slot.key;
        if (slot.kind == kHandles) slot.key = w.number | ++w.handles << 40;
    }
    slot.used = true;
    if (slot.kind != kFromMalloc) check(memtrace_track(kDomains[slot.kind], slot.key, slot.size));
    account(w, slot.kind, static_cast<int64_t>(slot.size), 1);
}

void change(Worker& w, Slot& slot) {
    const uint64_t old = slot.size;
    const bool touches = slot.kind != kFromMalloc && w.random() % 2 == 0;
    if (!touches) slot.size = new_size(w, slot.kind);
    if (slot.kind == kFromMalloc) {
        if (slot.size == 0) slot.size = 1;
        slot.key =
            reinterpret_cast<uint64_t>(realloc(reinterpret_cast<void*>(slot.key), slot.size));
    } else if (touches) {
        check(memtrace_touch(kDomains[slot.kind], slot.key));
    } else {
        check(memtrace_track(kDomains[slot.kind], slot.key, slot.size));
    }
    account(w, slot.kind, static_cast<int64_t>(slot.size - old), 1);
}

// Another thread will free or untrack it.
void hand_over(Worker& w, Slot& slot) {
    const auto at = w.random() % 64;
    if (__atomic_exchange_n(&exchange_lock[at], 1, __ATOMIC_ACQUIRE) != 0) return;
    std::swap(exchanged[at], slot);
    __atomic_store_n(&exchange_lock[at], 0, __ATOMIC_RELEASE);
}

void work(Worker& w) {
    for (int i = 0; i < kRounds; ++i) {
        Slot& slot = w.slot[w.random() % kSlots];
        if (!slot.used) {
            fill(w, slot);
        } else if (w.random() % 3 == 0) {
            change(w, slot);
        } else if (slot.kind >= kHandles && w.random() % 2 == 0) {
            hand_over(w, slot);
        } else {
            release(w, slot);
        }
    }
}

void add_to_book(const Slot& slot) {
    if (!slot.used) return;
    const unsigned domain = slot.kind == kFromMalloc ? 0 : slot.kind;
    ledger_add_key(book, kDomains[domain], slot.key, slot.size);
    ++book->site_count[domain];
}

// Between two barriers: nobody works.
void write_book() {
    book->block_count = 0;
    for (unsigned d = 0; d < kDomainCount; ++d) {
        book->site_live[d] = book->site_count[d] = 0;
        book->site_made[d] = 0;
        book->site_size[d] = kDomains[d];
    }
    for (const Worker& w : workers) {
        for (const Slot& slot : w.slot) add_to_book(slot);
        for (unsigned d = 0; d < kDomainCount; ++d) {
            book->site_live[d] += w.live[d];
            book->site_made[d] += static_cast<uint64_t>(w.made[d]);
        }
    }
    for (const Slot& slot : exchanged) add_to_book(slot);
}

void* run(void* argument) {
    Worker& w = *static_cast<Worker*>(argument);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < kStops; ++i) {
        work(w);
        pthread_barrier_wait(&barrier);
        if (w.number == 0) {
            write_book();
            raise(SIGSTOP);
        }
        pthread_barrier_wait(&barrier);
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) thread_count = atoi(argv[1]);
    book = ledger_open();
    if (book == nullptr || thread_count < 1 || thread_count > kMaxThreads) return 2;
    pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(thread_count));
    pthread_t threads[kMaxThreads];
    for (unsigned i = 0; i < static_cast<unsigned>(thread_count); ++i) {
        workers[i].state = workers[i].number = i;
        workers[i].arena = static_cast<char*>(
            mmap(nullptr, kArena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    }
    for (int i = 1; i < thread_count; ++i) pthread_create(&threads[i], nullptr, run, &workers[i]);
    // Now: what libc took for the threads is not in the book.
    if (memtrace_start(32) != 0) return 4;
    run(&workers[0]);
    return 0;
}
