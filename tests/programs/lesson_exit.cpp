// SPDX-License-Identifier: MIT
//
// The ways out of a program that a handler of each exit and a static object's destructor
// clean up behind, but for one block. On the way children end, which are not the program.
// Argument: the way.
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

extern "C" __attribute__((noinline)) void lesson_ready() { __asm__ volatile("nop" ::: "memory"); }

namespace {

const char* way = "return";
char* volatile leaked;
char* for_handler;

struct Static {
    char* block = nullptr;
    ~Static() { free(block); }
} whole;

void clean_up() { free(for_handler); }

bool is(const char* name) { return std::strcmp(way, name) == 0; }

void await(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
}

void children() {
    pid_t child = fork();
    if (child == 0) exit(5);
    await(child);
    child = vfork();
    if (child == 0) _exit(6);
    await(child);
    // Its child, which has our memory, ends by _exit: there is no such program.
    char nothing[] = "/nothing";
    char* const arguments[] = {nothing, nullptr};
    if (posix_spawn(&child, nothing, nullptr, nullptr, arguments, nullptr) == 0) await(child);
}

void leave() {
    if (is("exit") || is("thread")) exit(1);
    if (is("quick_exit")) quick_exit(2);
    if (is("_exit")) _exit(3);
}

void* live(void*) {
    lesson_ready();
    leaked = static_cast<char*>(malloc(77));
    for_handler = static_cast<char*>(malloc(200));
    whole.block = static_cast<char*>(malloc(1000));
    children();
    leave();
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) way = argv[1];
    if (atexit(clean_up) != 0 || at_quick_exit(clean_up) != 0) return 9;
    if (is("thread")) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, live, nullptr) != 0) return 9;
        pthread_join(thread, nullptr);
    }
    live(nullptr);
    return 0;
}
