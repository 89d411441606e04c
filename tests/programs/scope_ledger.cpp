// SPDX-License-Identifier: MIT
//
// Functions for mt scope, and a ledger of what each call of them did, kept by hand. Its
// lines go to the file named last: "NAME CALL ALLOCS FREES BYTES NET PEAK".
//
//   scope_ledger MODE CALLS THREADS FILE
//     leaks    request() leaks one block in every tenth call; THREADS others work meanwhile
//     nests    descend() calls itself
//     throws   thrower() is left by an exception in every third call
//     jumps    jumper() is left by longjmp in every third call
//     crowd    THREADS threads call request() at once, each CALLS times
//     ends     a thread ends inside forever()
//     edges    scopes of its own that are too deep, cleared within, ended twice, in a fork
//     program  THREADS threads have CALLS scopes of their own (memtrace.h), nested at random
#include <memtrace.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern "C" {
[[gnu::noinline]] void ledger_ready() { asm volatile("nop" ::: "memory"); }
[[gnu::noinline]] void ledger_done() { asm volatile("nop" ::: "memory"); }
}

namespace {

// What the calls that are open now have done, the outermost first. Allocates nothing itself.
struct Entry {
    long allocs = 0, frees = 0, bytes = 0, net = 0, peak = 0;
};
constexpr int kDeepest = 64;
thread_local Entry open_calls[kDeepest];
thread_local int depth = 0;

void* take(std::size_t size) {
    void* block = std::malloc(size);
    asm volatile("" : : "r"(block) : "memory");
    for (int i = 0; i < depth; ++i) {
        Entry& call = open_calls[i];
        ++call.allocs;
        call.bytes += static_cast<long>(size);
        call.net += static_cast<long>(size);
        if (call.net > call.peak) call.peak = call.net;
    }
    return block;
}

void give(void* block, std::size_t size) {
    std::free(block);
    for (int i = 0; i < depth; ++i) {
        ++open_calls[i].frees;
        open_calls[i].net -= static_cast<long>(size);
    }
}

// A table of lines, made before anything is traced.
constexpr int kLines = 1 << 16;
struct Line {
    const char* name;
    long call;
    Entry entry;
};
Line* lines;
std::atomic<int> line_count = 0;

void enter() { open_calls[depth++] = Entry(); }
void leave(const char* name, long call) {
    --depth;
    const int at = line_count++;
    if (at < kLines) lines[at] = {name, call, open_calls[depth]};
}

std::atomic<bool> stopping = false;
std::atomic<int> working = 0;
void* kept[kLines];

void work() {
    ++working;
    unsigned state = 1;
    while (!stopping) {
        void* blocks[8];
        for (void*& block : blocks) block = std::malloc(state++ % 4096);
        for (void* block : blocks) std::free(block);
    }
}

}  // namespace

extern "C" {

// The ledger of a call is kept by its caller, so that everything in it is in the ledger.
[[gnu::noinline]] void request(int call) {
    void* first = take(100);
    void* second = take(200 + static_cast<std::size_t>(call % 7));
    give(first, 100);
    give(second, 200 + static_cast<std::size_t>(call % 7));
    if (call % 10 == 0) kept[call % kLines] = take(24);
}

[[gnu::noinline]] int descend(int level) {
    void* block = take(static_cast<std::size_t>(level) * 10);
    if (level > 1) {
        enter();
        descend(level - 1);
        leave("descend", level - 1);
    }
    give(block, static_cast<std::size_t>(level) * 10);
    return level;
}

[[gnu::noinline]] void thrower(int call) {
    void* block = take(64);
    if (call % 3 == 0) throw block;
    give(block, 64);
}

static jmp_buf back;
static void* jumped_with;
[[gnu::noinline]] void jumper(int call) {
    void* block = take(48);
    jumped_with = block;
    if (call % 3 == 0) longjmp(back, 1);
    give(block, 48);
}

[[gnu::noinline]] void forever() {
    take(40);
    pthread_exit(nullptr);
}
}

namespace {

volatile int went_on;  // so that a call's return is not where a jump arrives

void run_leaks(int calls) {
    for (int call = 1; call <= calls; ++call) {
        enter();
        request(call);
        leave("request", call);
    }
}

void run_nests(int calls) {
    enter();
    descend(calls);
    leave("descend", calls);
}

void expect(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "scope_ledger: %s\n", what);
    std::exit(3);
}

void run_edges() {
    int scopes[65];
    for (int& scope : scopes) scope = memtrace_scope_begin("deep");
    expect(scopes[63] >= 0 && scopes[64] == -1, "64 scopes are open at most");
    expect(memtrace_scope_end(scopes[64]) == -1, "what was not begun has no end");
    expect(memtrace_scope_end(scopes[0]) == 0, "the end of the outermost");
    expect(memtrace_scope_end(scopes[63]) == -1, "it has ended them all");
    const int cleared = memtrace_scope_begin("cleared");
    void* before = std::malloc(1000);
    memtrace_clear_traces();
    std::free(before);
    void* after = std::malloc(70);
    expect(memtrace_scope_end(cleared) == 0, "a clear within");
    std::free(after);
    const int forked =
        memtrace_scope_begin("a name of more than fifty-five characters, which is cut there");
    const pid_t child = fork();
    if (child == 0) _exit(memtrace_scope_end(forked) == 0 ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    expect(status == 0, "a fork's child ends it, too");
    const int again = memtrace_scope_begin(nullptr);
    expect(memtrace_scope_end(again) == 0 && memtrace_scope_end(forked) == 0, "the parent, too");
    expect(memtrace_scope_end(1 << 20) == -1, "no such scope");
}

unsigned next(unsigned& state) { return state = state * 1664525 + 1013904223, state >> 16; }

constexpr const char* kNames[] = {"parse", "load", "store"};
constexpr std::size_t kSizes[] = {16, 100, 1000, 5000};

thread_local bool left_open = false;

void some_scope(unsigned& state, int level) {
    const char* name = kNames[next(state) % 3];
    const int scope = memtrace_scope_begin(name);
    enter();
    void* blocks[8] = {};
    std::size_t sizes[8] = {};
    const unsigned count = next(state) % 8;
    for (unsigned i = 0; i < count; ++i) blocks[i] = take(sizes[i] = kSizes[next(state) % 4]);
    if (level < 4 && next(state) % 2 != 0) some_scope(state, level + 1);
    if (level < 4 && next(state) % 8 == 0) {
        // Ends with this one: the ledger says so by the order of its lines.
        memtrace_scope_begin("left");
        enter();
        give(take(3000), 3000);
        left_open = true;
    }
    const bool left = left_open;
    left_open = false;
    for (unsigned i = 0; i < count; ++i)
        if (next(state) % 8 != 0) give(blocks[i], sizes[i]);
    if (left) leave("left", 0);
    leave(name, 0);
    if (memtrace_scope_end(scope) != 0) std::abort();
    if (memtrace_scope_end(scope) != -1) std::abort();  // only once
}

void run_program(unsigned seed, int calls) {
    unsigned state = seed;
    for (int call = 0; call < calls; ++call) some_scope(state, 0);
    // An exception allocates what the ledger does not know: a name of its own.
    try {
        const memtrace::Scope scope("thrown");
        throw 1;
    } catch (int) {
    }
}

void run_throws(int calls) {
    for (int call = 1; call <= calls; ++call) {
        enter();
        try {
            thrower(call);
            went_on = call;
        } catch (void*) {
        }
        leave("thrower", call);
    }
}

void run_jumps(int calls) {
    static int call;  // outlives the jump
    for (call = 1; call <= calls; ++call) {
        enter();
        if (setjmp(back) == 0) {
            jumper(call);
            went_on = call;
        }
        leave("jumper", call);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: scope_ledger MODE CALLS THREADS FILE\n");
        return 2;
    }
    const std::string mode = argv[1];
    const int calls = std::atoi(argv[2]);
    const int threads = std::atoi(argv[3]);
    lines = new Line[kLines]();
    std::vector<std::thread> crew;
    crew.reserve(64);
    if (mode == "leaks") {
        for (int i = 0; i < threads; ++i) crew.emplace_back(work);
        while (working < threads) std::this_thread::yield();
    }
    expect(memtrace_scope_begin("x") == -2 && memtrace_scope_end(-2) == -2, "nothing is traced");
    ledger_ready();
    if (mode == "leaks") run_leaks(calls);
    if (mode == "nests") run_nests(calls);
    if (mode == "throws") run_throws(calls);
    if (mode == "jumps") run_jumps(calls);
    if (mode == "edges") run_edges();
    if (mode == "crowd")
        for (int i = 0; i < threads; ++i) crew.emplace_back([calls] { run_leaks(calls); });
    for (int i = 0; mode == "program" && i < threads; ++i)
        crew.emplace_back([calls, i] { run_program(static_cast<unsigned>(i) * 7919 + 17, calls); });
    if (mode == "ends") crew.emplace_back([] { forever(); });
    if (mode != "leaks")
        for (std::thread& thread : crew) thread.join();
    ledger_done();
    stopping = true;
    if (mode == "leaks")
        for (std::thread& thread : crew) thread.join();
    std::FILE* out = std::fopen(argv[4], "w");
    if (out == nullptr) return 1;
    for (int i = 0; i < line_count; ++i) {
        const Entry& e = lines[i].entry;
        std::fprintf(out, "%s %ld %ld %ld %ld %ld %ld\n", lines[i].name, lines[i].call, e.allocs,
                     e.frees, e.bytes, e.net, e.peak);
    }
    return std::fclose(out) == 0 ? 0 : 1;
}
