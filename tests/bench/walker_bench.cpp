// SPDX-License-Identifier: MIT
//
// Nanoseconds for a walk, by depth: with rules remembered, without, and libgcc's
// unwinder beside them. The callers keep no frame pointer.
#include <benchmark/benchmark.h>
#include <unwind.h>

#include "stack/rule_cache.h"
#include "stack/walker.h"

namespace {

using namespace mt::runtime::stack;

Window window;
u64 pcs[256];

[[gnu::noinline]] u32 walk_here() {
    u64 pc;
    u64 sp;
    u64 bp;
    asm volatile("lea 1f(%%rip), %0\nmov %%rsp, %1\nmov %%rbp, %2\n1: nop"
                 : "=&r"(pc), "=&r"(sp), "=&r"(bp));
    return walk(window, pc, sp, bp, pcs, 256).count;
}

_Unwind_Reason_Code count_frame(_Unwind_Context* context, void* out) {
    pcs[(*static_cast<u32*>(out))++ & 255] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

[[gnu::noinline]] u32 unwind_here() {
    u32 count = 0;
    _Unwind_Backtrace(count_frame, &count);
    return count;
}

enum class Way { remembered, derived, libgcc };

[[gnu::noinline]] u32 run_at(benchmark::State& state, Way way, long depth) {
    if (depth > 0) {
        const u32 frames = run_at(state, way, depth - 1);
        benchmark::DoNotOptimize(depth);
        return frames;
    }
    u32 frames = 0;
    for (auto _ : state) {
        if (way == Way::derived) {
            state.PauseTiming();
            forget_rules();
            state.ResumeTiming();
        }
        frames = way == Way::libgcc ? unwind_here() : walk_here();
    }
    return frames;
}

void run(benchmark::State& state, Way way) {
    const u32 frames = run_at(state, way, state.range(0));
    state.counters["frames"] = frames;
    // In seconds, which the report scales: "14n" is 14 nanoseconds.
    state.counters["per_frame"] = benchmark::Counter(
        frames, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(run, remembered, Way::remembered)->Arg(0)->Arg(10)->Arg(40)->Arg(200);
// At depth 0, where each frame has a rule of its own.
BENCHMARK_CAPTURE(run, derived, Way::derived)->Arg(0)->Iterations(2000);
BENCHMARK_CAPTURE(run, libgcc, Way::libgcc)->Arg(0)->Arg(10)->Arg(40);

}  // namespace

BENCHMARK_MAIN();
