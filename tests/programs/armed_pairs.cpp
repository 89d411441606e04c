// SPDX-License-Identifier: MIT
//
// malloc and free in a loop while a condition of mt break is armed that is never met,
// or with stamps, for timing: armed_pairs WHAT PAIRS DEPTH THREADS prints nanoseconds of
// processor time per pair. WHAT: none, total, peak, count, size, site, thread, fail or
// free; stamps, or marks: one every thousand pairs.
#include <dlfcn.h>
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "abi/layout.h"

namespace {

using namespace mt::abi;

Root* root;
long pairs;
bool with_marks;
int depth;

struct Kind {
    const char* name;
    u32 condition;
    u64 value;
    u64 argument;
    u64 flags = kRequestWatch;
};
constexpr u64 kNever = u64{1} << 60;
constexpr Kind kKinds[] = {
    {"none", 0, 0, 0, 0},
    {"total", kWatchTotal, kNever, 0},
    {"peak", kWatchPeak, kNever, 0},
    {"count", kWatchCount, kNever, 0},
    {"size", kWatchSize, kNever, 0},
    {"site", kWatchSite, 0, 0},
    {"thread", kWatchThread, 0, kNever},
    {"fail", kWatchFail, 0, 0},
    {"free", kWatchFree, 8, 0},
    {"stamps", 0, 0, 0, kRequestStamps},
    {"marks", 0, 0, 0, kRequestStamps},
};

// As plugin/core/command/control.cpp does it.
void arm(const Kind& kind) {
    root->watch[0].value = kind.value;
    root->watch[0].argument = kind.argument;
    root->watch[0].condition = kind.condition;
    root->watch_request = make_watch_request(1, 1);
    __atomic_store_n(&root->request, root->request | kind.flags, __ATOMIC_SEQ_CST);
}
void mark() { __atomic_store_n(&root->mark_request, root->mark_request + 1, __ATOMIC_SEQ_CST); }

void loop(long number) {
    for (long i = 0; i < number; ++i) {
        void* block = malloc(64);
        asm volatile("" : : "r"(block) : "memory");
        free(block);
    }
}
// The same code whether there are marks or not.
__attribute__((noinline)) void stretches() {
    for (long i = 0; i < pairs; i += 1000) {
        if (with_marks) mark();
        loop(1000);
    }
}
__attribute__((noinline)) void deeper(int levels) {
    if (levels <= 0) {
        stretches();
    } else {
        deeper(levels - 1);
    }
    asm volatile("" ::: "memory");
}
void* run(void*) { return deeper(depth), nullptr; }

double now() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

}  // namespace

// The question of a site is answered with no.
extern "C" __attribute__((visibility("default"))) void memtrace_stopped(u64 stop, u64, u64, u64,
                                                                        u64) {
    if ((stop & kStopAsks) == 0) return;
    reinterpret_cast<u32*>(root->watch_verdicts)[stop_stack(stop)] = 0xffff;
}

int main(int argc, char** argv) {
    root = static_cast<Root*>(dlsym(RTLD_DEFAULT, "memtrace_root"));
    if (argc < 5 || root == nullptr) return 2;
    const Kind* kind = nullptr;
    for (const Kind& one : kKinds) {
        if (std::strcmp(one.name, argv[1]) == 0) kind = &one;
    }
    if (kind == nullptr) return 2;
    pairs = atol(argv[2]);
    depth = atoi(argv[3]);
    const long threads = atol(argv[4]);
    stretches();  // warm
    arm(*kind);
    with_marks = std::strcmp(kind->name, "marks") == 0;
    pthread_t crew[64];
    const double from = now();
    for (long i = 0; i < threads; ++i) pthread_create(&crew[i], nullptr, run, nullptr);
    for (long i = 0; i < threads; ++i) pthread_join(crew[i], nullptr);
    std::printf("%.1f\n", (now() - from) / static_cast<double>(pairs * threads));
    return 0;
}
