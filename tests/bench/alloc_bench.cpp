// SPDX-License-Identifier: MIT
//
// alloc_bench: what one allocation event costs. The same binary runs plain, with the
// runtime preloaded and off, traced, and under other tools; scripts/bench compares.
// The benchmarks themselves stand in bench_*.cpp.
#include "alloc_bench.h"

#include <execinfo.h>

namespace mt::bench {
namespace {

int main_frames = 0;

// Its own caller's frames; the count includes neither this function nor backtrace().
[[gnu::noinline]] int frames_above() {
    void* frames[2048];
    const int count = backtrace(frames, 2048) - 1;
    asm volatile("" ::: "memory");
    return count;
}

}  // namespace

[[gnu::noinline]] int depth_here() {
    const int depth = frames_above() - 1 - main_frames;
    asm volatile("" ::: "memory");
    return depth;
}

[[gnu::noinline]] void remember_main() {
    main_frames = frames_above() - 1;
    asm volatile("" ::: "memory");
}

}  // namespace mt::bench

int main(int argc, char** argv) {
    mt::bench::remember_main();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;  // a filter that names nothing
    benchmark::Shutdown();
    return 0;
}
