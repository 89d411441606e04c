// SPDX-License-Identifier: MIT
//
// What a program pays for its own scopes: one, nested ones, several threads', and what
// malloc costs where there are any.
#include "alloc_bench.h"
#include "crew.h"

namespace mt::bench {
namespace {

constexpr long kEvents = 50'000;  // of each thread and batch

// A malloc and free in a program that has scopes: 0 in one that has none yet.
void pair_in_scope(benchmark::State& state) {
    const int open = state.range(0) != 0 ? memtrace_scope_begin("pairs") : -1;
    time_batches(state, [] {
        for (long i = 0; i < kEvents; ++i) {
            void* volatile block = malloc(64);
            free(block);
        }
        return kEvents;
    });
    memtrace_scope_end(open);
}
BENCHMARK(pair_in_scope)->Arg(0)->Arg(1)->UseManualTime();

void one_after_the_other() {
    for (long i = 0; i < kEvents; ++i) memtrace_scope_end(memtrace_scope_begin("request"));
}

void scope(benchmark::State& state) {
    time_batches(state, [] {
        one_after_the_other();
        return kEvents;
    });
}
BENCHMARK(scope)->UseManualTime();

void scope_in_scopes(benchmark::State& state) {
    const int outermost = memtrace_scope_begin("outer");
    for (int i = 1; i < 20; ++i) memtrace_scope_begin("outer");
    time_batches(state, [] {
        one_after_the_other();
        return kEvents;
    });
    memtrace_scope_end(outermost);  // and all within
}
BENCHMARK(scope_in_scopes)->UseManualTime();

void scope_threads(benchmark::State& state) {
    const int threads = static_cast<int>(state.range(0));
    Crew crew(threads);
    time_batches(state, [&] {
        crew.run([](int) { one_after_the_other(); });
        return kEvents * threads;
    });
}
BENCHMARK(scope_threads)->Arg(1)->Arg(2)->Arg(4)->UseManualTime();

}  // namespace
}  // namespace mt::bench
