// SPDX-License-Identifier: MIT
//
// A program that is its own debugger: it arms conditions as mt break does, is called
// where a debugger would stop (its memtrace_stopped comes before the runtime's), and
// compares each stop with a book of its own. Prints what was wrong; nothing: all right.
#include <dlfcn.h>
#include <memtrace.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "abi/layout.h"

namespace {

using namespace mt::abi;

constexpr u64 kKiB = 1024;

struct Stop {
    u64 stop, address, size, figure, caller;
};
struct Stops {
    Stop list[4096];
    unsigned count;
} stops;
unsigned long asked;
bool (*matches)(u64 caller);  // answers a question about a site

Root* root;

void complain(const char* what, long long is, long long expected) {
    printf("%s: %lld, not %lld\n", what, is, expected);
}
void expect(const char* what, u64 is, u64 expected) {
    if (is != expected)
        complain(what, static_cast<long long>(is), static_cast<long long>(expected));
}

void store(u64& word, u64 value) { __atomic_store_n(&word, value, __ATOMIC_SEQ_CST); }

// As plugin/core/command/control.cpp does it.
void arm(std::initializer_list<WatchSlot> slots) {
    u32 count = 0;
    for (WatchSlot& slot : root->watch) __atomic_store_n(&slot.condition, 0u, __ATOMIC_SEQ_CST);
    for (const WatchSlot& slot : slots) {
        root->watch[count].value = slot.value;
        root->watch[count].argument = slot.argument;
        root->watch[count].hits = 0;
        __atomic_store_n(&root->watch[count++].condition, slot.condition, __ATOMIC_SEQ_CST);
    }
    store(root->watch_request, make_watch_request((root->watch_request >> 8) + 1, count));
    store(root->request,
          count != 0 ? root->request | kRequestWatch : root->request & ~kRequestWatch);
    stops.count = 0;
    asked = 0;
}

WatchSlot watch(u32 condition, u64 value = 0, u64 argument = 0) {
    return {condition, 0, value, argument, 0};
}

const Stop& last() { return stops.list[(stops.count - 1) % 4096]; }

__attribute__((noinline)) void* take(size_t size) {
    void* block = malloc(size);
    asm volatile("" : : "r"(block) : "memory");
    return block;
}
__attribute__((noinline)) void* take_elsewhere(size_t size) {
    void* block = malloc(size);
    asm volatile("nop" : : "r"(block) : "memory");
    return block;
}
bool is_in(u64 pc, void* (*function)(size_t)) {
    void* (*const other)(size_t) = function == take ? take_elsewhere : take;
    return pc - reinterpret_cast<u64>(function) < pc - reinterpret_cast<u64>(other);
}

// Random blocks; the book says after which call each figure gets to its value.
void figures(u32 kind, u64 value) {
    constexpr int kBlocks = 300;
    void* blocks[kBlocks] = {};
    size_t sizes[kBlocks] = {};
    const bool by_count = kind == kWatchCount;
    u64 live = 0, peak = 0;
    unsigned long state = value;
    memtrace_clear_traces();
    arm({watch(kind, value)});
    bool above = false;
    unsigned expected = 0;
    for (int i = 0; i < 20000; ++i) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        const unsigned long r = state >> 33;
        const int at = static_cast<int>(r % static_cast<unsigned long>(10 + i / 500 * 7 % 290));
        if (blocks[at] != nullptr) {
            live -= by_count ? 1 : sizes[at];
            free(blocks[at]);
            blocks[at] = nullptr;
            above = above && (kind == kWatchPeak || live >= value);
        } else {
            sizes[at] = 1 + r / 512 % 900;
            live += by_count ? 1 : sizes[at];
            peak = live > peak ? live : peak;
            blocks[at] = take(sizes[at]);
            const bool reaches = !above && live >= value;
            above = above || reaches;
            if (reaches) {
                ++expected;
                expect("figure at the stop", last().figure, live);
                expect("block at the stop", last().address, reinterpret_cast<u64>(blocks[at]));
                expect("its size", last().size, sizes[at]);
                expect("called from take()", is_in(last().caller, take), 1);
            }
        }
        if (stops.count != expected) {
            complain(kind == kWatchPeak ? "peak stops"
                     : by_count         ? "count stops"
                                        : "total stops",
                     stops.count, expected);
            break;
        }
        if (kind == kWatchPeak && i == 10000) {  // only what comes after it is new
            memtrace_reset_peak();
            above = false;
            value = live > value ? live + 1 : value;
        }
    }
    if (expected == 0) printf("the value was never reached\n");
    expect("hits in the table", root->watch[0].hits, stops.count);
    for (void* block : blocks) free(block);
    arm({});
}

void armed_late() {
    memtrace_clear_traces();
    void* block = take(10 * kKiB);
    arm({watch(kWatchTotal, 8 * kKiB), watch(kWatchPeak, 8 * kKiB), watch(kWatchCount, 1)});
    free(take(100));
    expect("what was there before stops at a new peak only", stops.count, 1);
    expect("that is the second slot", stop_slot(last().stop), 1);
    free(block);
    block = take(9 * kKiB);
    expect("again after it was below", stops.count, 3);
    arm({});
    free(block);
}

void calls() {
    arm({watch(kWatchSize, 5000), watch(kWatchFail), watch(kWatchSize | kWatchFail, u64{1} << 61)});
    free(take(4999));
    expect("below the size", stops.count, 0);
    free(take(5000));
    expect("the size", stops.count, 1);
    void* block = realloc(take(10), 6000);
    expect("realloc asks for it", stops.count, 2);
    expect("its size", last().size, 6000);
    free(block);
    errno = 0;
    volatile size_t too_much = size_t{1} << 62;
    if (malloc(too_much) != nullptr) printf("malloc gave the impossible\n");
    expect("errno of the failure", static_cast<u64>(errno), ENOMEM);
    expect("a failure meets two conditions", stops.count, 4);
    expect("no block", last().address, 0);
    if (calloc(too_much, 16) != nullptr) printf("calloc gave the impossible\n");
    expect("an overflow", stops.count, 6);
    void* out = nullptr;
    expect("EINVAL of posix_memalign", static_cast<u64>(posix_memalign(&out, 3, 8)), EINVAL);
    expect("fails", stops.count, 7);
    arm({});
    free(take(5000));
    expect("nothing is armed", stops.count, 0);
}

void untraced() {
    memtrace_stop();
    arm({watch(kWatchFail), watch(kWatchTotal, 1), watch(kWatchSize, 7000)});
    volatile size_t too_much = size_t{1} << 62;
    free(malloc(too_much));
    expect("a failure while tracing is off", stops.count, 1);
    free(take(7000));
    expect("a size while tracing is off", stops.count, 2);
    memtrace_start(8);
    free(take(100));
    expect("the total, with the start", stops.count, 3);
    arm({});
}

void frees() {
    char* block = static_cast<char*>(take(40));
    char* other = static_cast<char*>(take(40));
    arm({watch(kWatchFree, reinterpret_cast<u64>(block))});
    free(other);
    expect("another block", stops.count, 0);
    block = static_cast<char*>(realloc(block, 41));
    expect("realloc of the block", stops.count, 1);
    arm({watch(kWatchFree, reinterpret_cast<u64>(block))});
    free(block);
    expect("free of the block", stops.count, 1);
    expect("which is", last().address, reinterpret_cast<u64>(block));
    arm({});
}

void sites() {
    matches = [](u64 caller) { return is_in(caller, take_elsewhere); };
    arm({watch(kWatchSite), watch(kWatchSite | kWatchSize, 100)});
    for (int i = 0; i < 50; ++i) free(take(200));
    expect("another site", stops.count, 0);
    expect("one question for it", asked, 1);
    volatile size_t size = 50;  // so that there is one call
    for (int i = 0; i < 50; ++i) {
        free(take_elsewhere(size));
        if (i == 24) size = 100;
    }
    expect("the site, and the site with the size", stops.count, 75);
    expect("one question more", asked, 2);
    arm({watch(kWatchSite)});
    matches = [](u64) { return true; };
    free(take(1));
    expect("new conditions ask anew", asked, 1);
    expect("and have their own answer", stops.count, 1);
    arm({});
}

void* allocate_here(void* argument) {
    free(take(reinterpret_cast<size_t>(argument)));
    return nullptr;
}

void threads() {
    free(take(1));
    arm({watch(kWatchThread | kWatchSize, 300, 2)});  // serials begin at 2: the main thread
    pthread_t thread;
    pthread_create(&thread, nullptr, allocate_here, reinterpret_cast<void*>(size_t{300}));
    pthread_join(thread, nullptr);
    expect("another thread's", stops.count, 0);
    free(take(300));
    expect("this thread's", stops.count, 1);
    arm({});
}

void a_child() {
    arm({watch(kWatchSize, 1)});
    const pid_t child = fork();
    if (child == 0) {
        stops.count = 0;
        free(take(100));
        _exit(stops.count == 0 && (root->request & kRequestWatch) == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    expect("stops in a fork's child", static_cast<u64>(status), 0);
    arm({});
}

// Several threads grow together: each stop is within one event of each thread.
constexpr int kCrew = 4;
constexpr u64 kLimit = 4u << 20;
pthread_barrier_t barrier;

void* grow(void* argument) {
    unsigned long state = reinterpret_cast<unsigned long>(argument) + 77;
    for (int round = 0; round < 20; ++round) {
        pthread_barrier_wait(&barrier);
        void* blocks[4096];
        int count = 0;
        while (count < 4096) {
            state = state * 6364136223846793005ul + 1442695040888963407ul;
            blocks[count++] = take(1 + (state >> 33) % 1000);
        }
        pthread_barrier_wait(&barrier);
        while (count > 0) free(blocks[--count]);
    }
    return nullptr;
}

void together() {
    memtrace_clear_traces();
    pthread_barrier_init(&barrier, nullptr, kCrew);
    arm({watch(kWatchTotal, kLimit)});
    pthread_t crew[kCrew];
    for (long i = 0; i < kCrew; ++i)
        pthread_create(&crew[i], nullptr, grow, reinterpret_cast<void*>(i));
    for (const pthread_t thread : crew) pthread_join(thread, nullptr);
    expect("one stop for each time that all grow", stops.count, 20);
    for (unsigned i = 0; i < stops.count; ++i) {
        const u64 figure = stops.list[i].figure;
        // Of each thread one event, and what is under way of the sum.
        if (figure < kLimit || figure > kLimit + 2 * kCrew * 1000)
            complain("total of a stop among threads", static_cast<long long>(figure), kLimit);
    }
    arm({});
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void memtrace_stopped(u64 stop, u64 address,
                                                                        u64 size, u64 figure,
                                                                        u64 caller) {
    const int kept = errno;
    if ((stop & kStopAsks) != 0) {
        __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
        auto* verdicts = reinterpret_cast<u32*>(root->watch_verdicts);
        const u32 all = 0xffff;
        __atomic_store_n(&verdicts[stop_stack(stop)], matches(caller) ? all | all << 16 : all,
                         __ATOMIC_SEQ_CST);
    } else {
        const unsigned at = __atomic_fetch_add(&stops.count, 1, __ATOMIC_RELAXED);
        stops.list[at % 4096] = {stop, address, size, figure, caller};
    }
    errno = kept;
}

int main() {
    root = static_cast<Root*>(dlsym(RTLD_DEFAULT, "memtrace_root"));
    if (root == nullptr) return 2;
    static char out[1 << 16];
    setvbuf(stdout, out, _IOFBF, sizeof out);
    memtrace_start(8);
    figures(kWatchTotal, 20000);
    figures(kWatchTotal, 60000);
    figures(kWatchCount, 40);
    figures(kWatchPeak, 50000);
    figures(kWatchPeak, 5000);
    armed_late();
    calls();
    untraced();
    frees();
    sites();
    threads();
    a_child();
    together();
    memtrace_stop();
    free(take(10));
    return 0;
}
