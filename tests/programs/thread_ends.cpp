// SPDX-License-Identifier: MIT
//
// Allocations where a thread begins and ends. Argument:
//   keys        64 keys set in a new thread, whose first allocation is pthread_setspecific's own
//   destructors 1000 threads whose key destructors allocate and set their keys again, with a
//               thread_local object whose destructor allocates
//   attributes  threads are made, and asked for their stacks, while their makers allocate
//   in-a-row    40 000 threads one after the other, of which nothing may stay but a row each
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "ledger.h"

namespace {

constexpr unsigned kKeys = 64;
ledger* book;
pthread_key_t keys[kKeys];

void* checked(void* block) {
    if (block == nullptr) std::abort();
    return block;
}
void keep(unsigned number) {
    const std::size_t size = LEDGER_OWN + number % 10000;
    ledger_add(book, checked(std::malloc(size)), size);
}
pthread_t start(void* (*function)(void*), void* argument = nullptr) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, function, argument) != 0) std::abort();
    return thread;
}

void* set_keys(void*) {
    for (const pthread_key_t key : keys) pthread_setspecific(key, book);
    for (unsigned i = 0; i < kKeys; ++i) keep(i);
    return nullptr;
}
void run_keys() {
    for (pthread_key_t& key : keys) pthread_key_create(&key, nullptr);
    for (int i = 0; i < 50; ++i) pthread_join(start(set_keys), nullptr);
}

// Frees what the thread had and allocates anew, as often as libc lets it.
void destroy(void* block) {
    std::free(block);
    keep(1);
    static thread_local unsigned again = 0;
    if (++again < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(keys[0], checked(std::malloc(70)));
    }
}
struct Ending {
    ~Ending() {
        std::free(block);
        keep(2);
    }
    void* block;
};
void* end_with_allocations(void*) {
    static thread_local Ending ending{checked(std::malloc(60))};
    pthread_setspecific(keys[0], checked(std::malloc(50)));
    pthread_setspecific(keys[kKeys - 1], checked(std::malloc(50)));
    return ending.block;
}
void run_destructors() {
    for (pthread_key_t& key : keys) pthread_key_create(&key, destroy);
    constexpr unsigned kAtOnce = 10;
    for (unsigned i = 0; i < 1000 / kAtOnce; ++i) {
        pthread_t threads[kAtOnce];
        for (pthread_t& thread : threads) thread = start(end_with_allocations);
        for (const pthread_t thread : threads) pthread_join(thread, nullptr);
    }
}

void* ask_for_stack(void*) {
    pthread_attr_t attributes;
    void* low = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) std::abort();
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    const char here = 0;
    if (&here < low || &here >= static_cast<char*>(low) + size) std::abort();
    return std::malloc(30);
}
void* make_threads(void*) {
    for (unsigned i = 0; i < 300; ++i) {
        void* block = nullptr;
        pthread_join(start(ask_for_stack), &block);
        std::free(checked(block));
        if (i % 10 == 0) keep(i);
    }
    return nullptr;
}
void run_attributes() {
    pthread_t makers[4];
    for (pthread_t& maker : makers) maker = start(make_threads);
    for (const pthread_t maker : makers) pthread_join(maker, nullptr);
}

void* allocate_once(void*) {
    std::free(checked(std::malloc(100)));
    return nullptr;
}
std::uint64_t own_memory() {
    std::uint64_t bytes = 0;
    memtrace_get_tracer_memory(&bytes);
    return bytes;
}
void run_in_a_row() {
    for (int i = 0; i < 100; ++i) pthread_join(start(allocate_once), nullptr);
    const std::uint64_t before = own_memory();
    for (int i = 0; i < 40'000; ++i) pthread_join(start(allocate_once), nullptr);
    book->live = static_cast<std::int64_t>(own_memory() - before);
    keep(0);
}

}  // namespace

int main(int argc, char** argv) {
    book = ledger_open();
    if (book == nullptr || argc < 2 || memtrace_start(32) != 0) return 2;
    const char* what = argv[1];
    if (std::strcmp(what, "keys") == 0) run_keys();
    if (std::strcmp(what, "destructors") == 0) run_destructors();
    if (std::strcmp(what, "attributes") == 0) run_attributes();
    if (std::strcmp(what, "in-a-row") == 0) run_in_a_row();
    raise(SIGSTOP);
    return 0;
}
