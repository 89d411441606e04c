// SPDX-License-Identifier: MIT
//
// How the depth and the variety of stacks count. Compiled without frame pointers, as
// programs are; the calls below a benchmark do nothing but call.
#include <stdlib.h>

#include "alloc_bench.h"

namespace mt::bench {
namespace {

constexpr long kPairs = 100'000;

// malloc and free in a loop, again and again from one place.
void pair(benchmark::State& state) {
    const bool reached = run_at_depth(state.range(0), [&state] {
        time_batches(state, [] {
            for (long i = 0; i < kPairs; ++i) {
                void* block = malloc(64);
                benchmark::DoNotOptimize(block);
                free(block);
            }
            return kPairs;
        });
        state.counters["depth"] = depth_here();
    });
    if (!reached) state.SkipWithError("the harness alone is deeper than that");
}
BENCHMARK(pair)->Arg(10)->Arg(20)->Arg(50)->Arg(200)->Arg(1000)->UseManualTime();

// --- every event by another path ---------------------------------------------
constexpr unsigned kPathBits = 12;  // 4096 paths

void left(unsigned path, long levels);
void right(unsigned path, long levels);

// The outermost call is chosen first: most of the stack differs from the last one.
inline void descend(unsigned path, long levels) {
    if (levels == 0) {
        void* block = malloc(64);
        benchmark::DoNotOptimize(block);
        free(block);
    } else if ((path & 1) != 0) {
        left(path >> 1, levels - 1);
    } else {
        right(path >> 1, levels - 1);
    }
}
[[gnu::noinline]] void left(unsigned path, long levels) {
    descend(path, levels);
    asm volatile("# left" ::: "memory");  // differs from right, or both would be merged
}
[[gnu::noinline]] void right(unsigned path, long levels) {
    descend(path, levels);
    asm volatile("# right" ::: "memory");
}

void paths(benchmark::State& state) {
    const long levels = state.range(0) - depth_here();
    if (levels < static_cast<long>(kPathBits)) {
        return state.SkipWithError("too few calls for 4096 paths");
    }
    Random random;
    time_batches(state, [&] {
        for (long i = 0; i < kPairs; ++i) descend(random.below(1u << kPathBits), levels);
        return kPairs;
    });
}
BENCHMARK(paths)->Arg(20)->UseManualTime();

// --- a recursion that allocates at every level ---------------------------------
void parse_list(long levels);
void parse_item(long levels);

// Two functions call each other in no simple order, so that no two levels have the
// same innermost 256 frames.
inline void parse(long levels) {
    void* block = malloc(48);
    benchmark::DoNotOptimize(block);
    if (levels > 1) {
        const auto mixed = static_cast<std::uint64_t>(levels) * 0x9e3779b97f4a7c15ull;
        if ((mixed >> 40 & 1) != 0) {
            parse_list(levels - 1);
        } else {
            parse_item(levels - 1);
        }
    }
    free(block);
}
[[gnu::noinline]] void parse_list(long levels) {
    parse(levels);
    asm volatile("# list" ::: "memory");
}
[[gnu::noinline]] void parse_item(long levels) {
    parse(levels);
    asm volatile("# item" ::: "memory");
}

void recursion(benchmark::State& state) {
    const long levels = state.range(0);
    time_batches(state, [levels] {
        long events = 0;
        for (; events < kPairs / 10; events += levels) parse_list(levels);
        return events;
    });
}
BENCHMARK(recursion)->Arg(200)->Arg(1000)->UseManualTime();

}  // namespace
}  // namespace mt::bench
