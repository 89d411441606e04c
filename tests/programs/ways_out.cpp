// SPDX-License-Identifier: MIT
//
// Every way to exit, while four threads allocate: tracers that tear themselves down crash
// in what allocates later, or hang at a lock that an ended thread held. Argument: the
// way; "handlers" registers 8192 of atexit instead, half of them from handlers; "stop" stops
// in a handler.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ledger.h"
#include "watchdog.h"

namespace {

constexpr int kThreads = 4, kHandlers = 8192;
const char* way;
const char* program;
bool main_is_gone;
int running;
int handled;

void say(const char* text) {
    if (write(1, text, std::strlen(text)) < 0) _exit(99);
}

void* allocate(void*) {
    __atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
    for (int i = 0; !__atomic_load_n(&main_is_gone, __ATOMIC_RELAXED) || i < 1000; ++i) {
        errno = 4242;
        void* const block = realloc(malloc(100), 10000);
        if (block == nullptr || errno != 4242) _exit(98);
        free(block);
    }
    return nullptr;
}

struct Static {
    void* block = malloc(50);
    ~Static() {
        free(block);
        free(malloc(60));
        say("static gone\n");
    }
} whole;

void at_exit() {
    free(realloc(malloc(10), 1000));
    say("handler\n");
}

void many() {
    errno = 4242;
    void* const block = malloc(static_cast<size_t>(100 + handled));
    if (block == nullptr || errno != 4242) _exit(97);
    free(block);
    ++handled;
}
void many_more() {
    many();
    if (std::atexit(many) != 0) _exit(96);
}
void count_them() {
    char line[40];
    std::snprintf(line, sizeof line, "%d handlers\n", handled);
    say(line);
}

void stop_in_handler() {
    ledger* const book = ledger_open();
    for (size_t i = 0; i < 100; ++i) ledger_add(book, malloc(24000 + i), 24000 + i);
    raise(SIGSTOP);
}

bool is(const char* name) { return std::strcmp(way, name) == 0; }

int leave() {
    if (is("return")) return 11;
    if (is("exit")) std::exit(12);
    if (is("quick_exit")) std::quick_exit(13);
    if (is("_exit")) _exit(14);
    if (is("_Exit")) std::_Exit(15);
    if (is("abort")) std::abort();
    if (is("kill")) raise(SIGKILL);
    if (is("term")) raise(SIGTERM);
    if (is("fault")) *static_cast<volatile int*>(nullptr) = 1;
    if (is("throw")) throw 1;
    if (is("exec")) execl(program, program, "after", nullptr);
    if (is("pthread_exit")) {
        __atomic_store_n(&main_is_gone, true, __ATOMIC_RELAXED);
        pthread_exit(nullptr);
    }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    watchdog(30);
    program = argv[0];
    way = argc > 1 ? argv[1] : "";
    if (is("after")) {
        say("executed\n");
        return 16;
    }
    if (is("handlers")) {
        std::atexit(count_them);
        for (int i = 0; i < kHandlers / 2; ++i) {
            if (std::atexit(many_more) != 0) return 95;
        }
        return 17;
    }
    if (is("stop")) {
        std::atexit(stop_in_handler);
        return 18;
    }
    std::atexit(at_exit);
    std::at_quick_exit(at_exit);
    for (int i = 0; i < kThreads; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, allocate, nullptr) != 0) return 2;
        pthread_detach(thread);
    }
    while (__atomic_load_n(&running, __ATOMIC_RELAXED) < kThreads) usleep(1000);
    return leave();
}
