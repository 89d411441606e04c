// SPDX-License-Identifier: MIT
//
// CPython's cases of tracemalloc's C API, one for each argument, and those that C++
// adds: what the functions return is printed, what they leave behind is read by the
// test at a stop. Without the runtime every line says -2.
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ledger.h"

namespace {

constexpr unsigned kDomain = 5;
constexpr size_t kSize = 123;
constexpr uintptr_t kKey = 0xbadc0ffee0ddf00d;

void say(const char* what, int result) {
    char line[80];
    const int length = std::snprintf(line, sizeof line, "%s %d\n", what, result);
    if (write(1, line, static_cast<size_t>(length)) != length) _exit(9);
}
void stop() { raise(SIGSTOP); }

[[gnu::noinline]] int first_place() { return memtrace_track(kDomain, kKey, kSize); }
[[gnu::noinline]] int other_place() { return memtrace_track(kDomain, kKey, kSize); }
[[gnu::noinline]] int place_that_touches() { return memtrace_touch(kDomain, kKey); }

void start() { say("start", memtrace_start(32)); }

void track() {
    start();
    say("track", first_place());
    stop();
}

void all_domains() {
    start();
    memtrace_track(1, 1, 1);
    memtrace_track(2, 1, 20);
    memtrace_track(2, 2, 300);
    memtrace_track(0, 0x10000, 4000);
    memtrace_untrack(2, 2);
    uint64_t current = 0, peak = 0;
    memtrace_get_traced_memory(&current, &peak);
    say("current", static_cast<int>(current));
    say("peak", static_cast<int>(peak));
    stop();
}

// Untracked before its thread has allocated or tracked anything else.
void temporaries() {
    start();
    for (uintptr_t i = 0; i < 3; ++i) {
        memtrace_track(kDomain, 77, 1);
        if (i == 1) free(malloc(1));
        if (i == 2) memtrace_track(kDomain + 1, 77, 1);
        memtrace_untrack(kDomain, 77);
    }
    stop();
}

// libc's own free: no hook sees it. What malloc gives there next is a block.
extern "C" void __libc_free(void*);
void page_freed_unseen() {
    start();
    void* page = malloc(100);
    say("pool", memtrace_pool(page));
    const auto address = reinterpret_cast<uintptr_t>(page);
    __libc_free(page);
    void* block = malloc(100);
    say("same place", reinterpret_cast<uintptr_t>(block) == address ? 1 : 0);
    void* moved = realloc(block, 60000);
    stop();
    free(moved);
    stop();
}

void track_already_tracked() {
    start();
    say("track", first_place());
    say("again", other_place());
    stop();
}

void touch() {
    start();
    say("unknown", place_that_touches());
    say("track", first_place());
    say("touch", place_that_touches());
    stop();
}

void untrack() {
    start();
    say("track", first_place());
    say("untrack", memtrace_untrack(kDomain, kKey));
    say("repeat", memtrace_untrack(kDomain, kKey));
    stop();
}

void stop_track() {
    start();
    free(malloc(1));  // so that there is a table
    say("stop", memtrace_stop());
    say("track", first_place());
    stop();
}

void stop_untrack() {
    start();
    say("track", first_place());
    say("stop", memtrace_stop());
    say("untrack", memtrace_untrack(kDomain, kKey));
    say("touch", memtrace_touch(kDomain, kKey));
    start();
    stop();
}

// CPython calls it without the GIL: here any thread, and no thread of the program's yet.
void from_a_thread() {
    start();
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
            memtrace_pause();  // thread and stack are libc's, not this case's
            memtrace_resume();
            say("track", first_place());
            return nullptr;
        },
        nullptr);
    pthread_join(thread, nullptr);
    say("untrack", memtrace_untrack(kDomain, kKey));
    say("track", first_place());
    stop();
}

bool race_is_over = false;
void* track_for_ever(void*) {
    for (uintptr_t key = 1; !__atomic_load_n(&race_is_over, __ATOMIC_RELAXED); ++key) {
        memtrace_track(kDomain, key % 64, kSize);
        memtrace_track(0, (key % 64 + 1) << 12, kSize);
        memtrace_touch(kDomain, key % 64);
        if (key % 3 == 0) memtrace_untrack(kDomain, key % 64);
        if (key % 3 == 1) memtrace_untrack(0, (key % 64 + 1) << 12);
    }
    return nullptr;
}

void track_race() {
    pthread_t threads[4];
    memtrace_start(32);
    for (pthread_t& thread : threads) pthread_create(&thread, nullptr, track_for_ever, nullptr);
    for (int i = 0; i < 3000; ++i) {
        if (i % 3 == 0) memtrace_clear_traces();
        memtrace_stop();
        memtrace_start(32);
        if (i % 8 == 0) usleep(100);
    }
    __atomic_store_n(&race_is_over, true, __ATOMIC_RELAXED);
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
    memtrace_clear_traces();
    say("track", first_place());
    stop();
}

// Late: a thread's end, exit handlers, destructors of statics, of every object.
struct Late {
    const char* what;
    ~Late() {
        say(what, first_place());
        say(what, memtrace_untrack(kDomain, kKey));
    }
};
void at_exit() {
    say("atexit", first_place());
    say("atexit", memtrace_untrack(kDomain, kKey));
}
bool ends_late = false;
[[gnu::destructor]] void at_the_very_end() {
    if (!ends_late) return;
    say("fini", memtrace_untrack(kDomain, kKey));
    stop();
}
void* thread_that_ends_late(void*) {
    thread_local Late of_thread{"thread_local"};
    asm volatile("" ::"r"(&of_thread));
    pthread_key_t key;
    pthread_key_create(&key, [](void*) {
        say("key", first_place());
        say("key", memtrace_untrack(kDomain, kKey));
    });
    pthread_setspecific(key, &key);
    return nullptr;
}
void late_untrack() {
    start();
    static Late of_program{"static"};
    std::atexit(at_exit);
    pthread_t thread;
    pthread_create(&thread, nullptr, thread_that_ends_late, nullptr);
    pthread_join(thread, nullptr);
    ends_late = true;
    memtrace_clear_traces();
    say("track", first_place());
    std::exit(0);
}

void after_fork() {
    start();
    say("track", first_place());
    memtrace_pause();
    const pid_t child = fork();
    if (child == 0) {
        say("paused in the child", memtrace_track(kDomain, 1, kSize));
        memtrace_resume();
        say("recorded in the child", memtrace_track(kDomain, 2, kSize));
        say("untracked in the child", memtrace_untrack(kDomain, kKey));
        stop();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    say("pid", static_cast<int>(child));
    stop();
}

// --- pauses -------------------------------------------------------------------------

void* volatile kept[8];

void* other_thread(void*) {
    kept[5] = malloc(5005);
    stop();
    return nullptr;
}

void pause() {
    start();
    kept[0] = malloc(1001);
    kept[1] = malloc(1002);
    kept[2] = malloc(1003);
    {
        const memtrace::Pause outer;
        kept[3] = malloc(2001);
        say("track", memtrace_track(kDomain, 3, kSize));
        free(kept[0]);
        kept[1] = realloc(kept[1], 9000);
        const memtrace::Pause inner;
        free(kept[3]);
        kept[3] = malloc(2002);
        pthread_t thread;
        pthread_create(&thread, nullptr, other_thread, nullptr);
        pthread_join(thread, nullptr);
    }
    kept[4] = malloc(3001);
    free(kept[3]);
    stop();
}

void pause_before_start() {
    say("pause", memtrace_pause());
    start();
    kept[0] = malloc(1001);
    say("resume", memtrace_resume());
    say("resume once more", memtrace_resume());
    kept[1] = malloc(1002);
    stop();
}

void bad_arguments() {
    start();
    say("null", memtrace_track(0, 0, kSize));
    say("odd address", memtrace_track(0, 0x12345, kSize));
    say("kernel address", memtrace_track(0, uintptr_t{1} << 63, kSize));
    say("untrack nothing", memtrace_untrack(0, 0x12345));
    say("touch nothing", memtrace_touch(0, 0x12340));
    say("pool of nothing", memtrace_pool(nullptr));
    say("pool of no block", memtrace_pool(&race_is_over));
    say("every key", memtrace_track(~0u, ~uintptr_t{0}, ~size_t{0} >> 1));
    say("untrack it", memtrace_untrack(~0u, ~uintptr_t{0}));
    stop();
}

struct Case {
    const char* name;
    void (*run)();
};
constexpr Case kCases[] = {{"track", track},
                           {"track_already_tracked", track_already_tracked},
                           {"touch", touch},
                           {"untrack", untrack},
                           {"stop_track", stop_track},
                           {"stop_untrack", stop_untrack},
                           {"from_a_thread", from_a_thread},
                           {"track_race", track_race},
                           {"late_untrack", late_untrack},
                           {"after_fork", after_fork},
                           {"pause", pause},
                           {"pause_before_start", pause_before_start},
                           {"all_domains", all_domains},
                           {"temporaries", temporaries},
                           {"page_freed_unseen", page_freed_unseen},
                           {"bad_arguments", bad_arguments}};

}  // namespace

int main(int argc, char** argv) {
    // The functions that tracebacks must begin in.
    if (ledger* book = ledger_open()) {
        book->site_address[0] = reinterpret_cast<uint64_t>(first_place);
        book->site_address[1] = reinterpret_cast<uint64_t>(other_place);
        book->site_address[2] = reinterpret_cast<uint64_t>(place_that_touches);
    }
    for (const Case& one : kCases) {
        if (argc > 1 && std::strcmp(one.name, argv[1]) == 0) return one.run(), 0;
    }
    return 2;
}
