// SPDX-License-Identifier: MIT
//
// A pool that gets its pages from malloc and tracks its pieces itself. It has told so
// (memtrace_pool), so nothing counts twice: the figures are the pieces', and those of
// the blocks that are no pages. Pieces fill a page from its first byte, so in domain 0
// one has its page's address. Empty pages are resized, in place, to elsewhere and in
// vain, and given back. Arguments: the pieces' domain; how many threads.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>

#include <cstdlib>

#include "ledger.h"

namespace {

constexpr int kMaxThreads = 4;
constexpr int kPages = 64;
constexpr int kPieces = 32;  // of a page
constexpr size_t kPiece = 64;
constexpr int kRounds = 20000;
constexpr int kStops = 4;

struct Page {
    char* memory;
    size_t piece[kPieces];  // its size; 0: not given to anybody
    int used;
};

struct Worker {
    unsigned long state;
    Page page[kPages];
    void* other[kPages];  // blocks that are no pages
    size_t other_size[kPages];
    unsigned long random() {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        return state >> 33;
    }
};

ledger* book;
Worker workers[kMaxThreads];
unsigned domain = 0;
int thread_count = 1;
pthread_barrier_t barrier;

void check(int result) {
    if (result != 0) abort();
}

uintptr_t key_of(const Page& page, int piece) {
    return reinterpret_cast<uintptr_t>(page.memory) + static_cast<size_t>(piece) * kPiece;
}

void make_page(Page& page) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, kPieces * kPiece) != 0) abort();
    page.memory = static_cast<char*>(memory);
    check(memtrace_pool(memory));
    check(memtrace_pool(memory));  // as often as one likes
}

void give_piece(Worker& w, Page& page, int piece) {
    page.piece[piece] = 1 + w.random() % kPiece;
    ++page.used;
    check(memtrace_track(domain, key_of(page, piece), page.piece[piece]));
}

void take_piece(Page& page, int piece) {
    page.piece[piece] = 0;
    --page.used;
    check(memtrace_untrack(domain, key_of(page, piece)));
}

// Of a page without pieces.
void resize_or_free(Worker& w, Page& page) {
    const auto choice = w.random() % 4;
    if (choice == 0) {
        free(page.memory);
        page.memory = nullptr;
    } else if (choice == 1) {
        void* moved = realloc(page.memory, kPieces * kPiece + w.random() % 40000);
        if (moved == nullptr) abort();
        page.memory = static_cast<char*>(moved);
    } else if (choice == 2) {
        volatile size_t too_much = ~size_t{0} / 2;
        if (realloc(page.memory, too_much) != nullptr) abort();
    } else {
        page.memory = static_cast<char*>(realloc(page.memory, 0));  // frees it
        if (page.memory != nullptr) abort();
    }
}

void change_other(Worker& w, unsigned long at) {
    void*& block = w.other[at];
    size_t& size = w.other_size[at];
    if (block != nullptr) {
        free(block);
        block = nullptr;
        size = 0;
    } else {
        size = 1 + w.random() % 5000;
        block = malloc(size);
    }
}

void step(Worker& w) {
    const auto at = w.random() % kPages;
    if (w.random() % 4 == 0) return change_other(w, at);
    Page& page = w.page[at];
    if (page.memory == nullptr) make_page(page);
    if (page.used == 0 && w.random() % 4 == 0) return resize_or_free(w, page);
    const int piece = static_cast<int>(w.random() % kPieces);
    const bool empties = w.random() % 20 == 0;
    for (int i = 0; empties && i < kPieces; ++i) {
        if (page.piece[i] != 0) take_piece(page, i);
    }
    if (empties) return;
    if (page.piece[piece] != 0) {
        take_piece(page, piece);
    } else {
        give_piece(w, page, piece);
    }
}

void write_book() {
    book->block_count = 0;
    for (const Worker& w : workers) {
        for (const Page& page : w.page) {
            for (int i = 0; i < kPieces; ++i) {
                if (page.piece[i] != 0) {
                    ledger_add_key(book, domain, key_of(page, i), page.piece[i]);
                }
            }
        }
        for (int i = 0; i < kPages; ++i) {
            if (w.other[i] != nullptr) ledger_add(book, w.other[i], w.other_size[i]);
        }
    }
}

void* run(void* argument) {
    Worker& w = *static_cast<Worker*>(argument);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < kStops; ++i) {
        for (int k = 0; k < kRounds; ++k) step(w);
        pthread_barrier_wait(&barrier);
        if (&w == workers) {
            write_book();
            raise(SIGSTOP);
        }
        pthread_barrier_wait(&barrier);
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) domain = static_cast<unsigned>(atoi(argv[1]));
    if (argc > 2) thread_count = atoi(argv[2]);
    book = ledger_open();
    if (book == nullptr || thread_count < 1 || thread_count > kMaxThreads) return 2;
    pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(thread_count));
    pthread_t threads[kMaxThreads];
    for (int i = 0; i < thread_count; ++i) workers[i].state = static_cast<unsigned long>(i);
    for (int i = 1; i < thread_count; ++i) pthread_create(&threads[i], nullptr, run, &workers[i]);
    if (memtrace_start(32) != 0) return 4;
    run(&workers[0]);
    return 0;
}
