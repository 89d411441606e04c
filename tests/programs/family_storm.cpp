// SPDX-License-Identifier: MIT
//
// Four threads call every member of the allocation family at random, pass
// blocks to each other, and keep their own list of what they hold. The list is
// in memory that no allocator knows; the table must equal it, block by block.
#include <malloc.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "ledger.h"
#include "watchdog.h"

extern "C" {
void free_sized(void*, size_t) __attribute__((weak));
void free_aligned_sized(void*, size_t, size_t) __attribute__((weak));
}

namespace {

constexpr int kThreads = 4;
constexpr int kSlots = 512;

enum Kind { none, from_malloc, from_new, from_new_array, from_aligned_new };
struct Slot {
    void* block;
    size_t size;
    Kind kind;
};

Slot exchange_slot[64];
int exchange_lock[64];
ledger* book;
pthread_barrier_t barrier;

struct Random {
    unsigned long state;
    unsigned long next() {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        return state >> 33;
    }
};

void release(Slot& slot, unsigned long how) {
    switch (slot.kind) {
        case none:
            return;
        case from_new:
            ::operator delete(slot.block);
            break;
        case from_new_array:
            ::operator delete[](slot.block);
            break;
        case from_aligned_new:
            ::operator delete (slot.block, std::align_val_t{64});
            break;
        case from_malloc:
            if (how % 3 == 1 && free_sized != nullptr) {
                free_sized(slot.block, slot.size);
            } else if (how % 3 == 2 && free_aligned_sized != nullptr) {
                free_aligned_sized(slot.block, 16, slot.size);
            } else {
                free(slot.block);
            }
    }
    slot = {};
}

void* by_posix_memalign(size_t size) {
    void* block = nullptr;
    return posix_memalign(&block, 128, size) == 0 ? block : nullptr;
}

Slot acquire(Random& random) {
    // Mostly small, so that pages fill their lines, middle lines and leaves.
    size_t size = random.next() % 100 < 80 ? random.next() % 200 : random.next() % 20000;
    switch (random.next() % 12) {
        case 0:
            return {calloc(size + 1, 3), (size + 1) * 3, from_malloc};
        case 1:
            return {by_posix_memalign(size), size, from_malloc};
        case 2:
            size = (size + 31) / 32 * 32;
            return {aligned_alloc(32, size), size, from_malloc};
        case 3:
            return {memalign(256, size), size, from_malloc};
        case 4:
            return {valloc(size), size, from_malloc};
        case 5:
            return {pvalloc(size), size, from_malloc};
        case 6:
            size |= 1;
            return {::operator new(size), size, from_new};  // of 0 it makes 1
        case 7:
            size |= 1;
            return {::operator new[](size, std::nothrow), size, from_new_array};
        case 8:  // libstdc++ rounds what it asks of malloc up to the alignment
            size = size / 64 * 64 + 64;
            return {::operator new (size, std::align_val_t{64}), size, from_aligned_new};
        case 9:
            return {realloc(nullptr, size), size, from_malloc};
        case 10:
            return {reallocarray(nullptr, size, 2), size * 2, from_malloc};
        default:
            return {malloc(size), size, from_malloc};
    }
}

void resize(Slot& slot, Random& random) {
    if (slot.kind != from_malloc) return;
    const size_t size = random.next() % 3000;
    if (random.next() % 8 == 0) {  // fails; the block stays
        if (realloc(slot.block, ~size_t{0} / 2) != nullptr) abort();
        return;
    }
    if (size == 0) {  // glibc: frees
        if (realloc(slot.block, 0) != nullptr) abort();
        slot = {};
        return;
    }
    void* moved = random.next() % 2 ? realloc(slot.block, size) : reallocarray(slot.block, size, 1);
    if (moved == nullptr) abort();
    slot.block = moved;
    slot.size = size;
}

// Gives a block to whichever thread comes next, so that frees cross threads.
void exchange(Slot& slot, unsigned long which) {
    int& lock = exchange_lock[which % 64];
    if (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) return;
    const Slot other = exchange_slot[which % 64];
    exchange_slot[which % 64] = slot;
    slot = other;
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

void* work(void* argument) {
    static Slot all[kThreads][kSlots];
    const auto index = reinterpret_cast<unsigned long>(argument);
    Slot* slots = all[index];
    Random random{index * 7919 + 17};
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);  // tracing has begun
    for (long rounds = storm(60000, 2000000); rounds > 0; --rounds) {
        Slot& slot = slots[random.next() % kSlots];
        switch (random.next() % 8) {
            case 0:
                exchange(slot, random.next());
                break;
            case 1:
            case 2:
                resize(slot, random);
                break;
            default:
                release(slot, random.next());
                if (random.next() % 8 != 0) slot = acquire(random);
        }
    }
    for (int i = 0; i < kSlots; ++i) {
        if (slots[i].kind != none) ledger_add(book, slots[i].block, slots[i].size);
    }
    pthread_barrier_wait(&barrier);
    for (;;) pause();
}

}  // namespace

int main() {
    book = ledger_open();
    if (book == nullptr) return 2;
    pthread_barrier_init(&barrier, nullptr, kThreads + 1);
    for (unsigned long i = 0; i < kThreads; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, work, reinterpret_cast<void*>(i)) != 0) return 3;
    }
    pthread_barrier_wait(&barrier);
    if (memtrace_start(32) != 0) return 4;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (const Slot& slot : exchange_slot) {
        if (slot.kind != none) ledger_add(book, slot.block, slot.size);
    }
    raise(SIGSTOP);
    return 0;
}
