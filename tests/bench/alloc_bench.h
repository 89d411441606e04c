// SPDX-License-Identifier: MIT
//
// What the allocation benchmarks share: how a batch is timed and how deep it runs.
// A batch does allocation work and nothing else; Google Benchmark decides how many
// batches there are and allocates only between them. Nothing here knows whether the
// program is traced, except to say so in the report.
#ifndef MEMTRACE_BENCH_ALLOC_BENCH_H
#define MEMTRACE_BENCH_ALLOC_BENCH_H

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "memtrace.h"

namespace mt::bench {

// Seconds of the whole process, so that work of other threads counts too.
inline double seconds_of(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double median(std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Runs before(), then times work(), which returns how many events it made. Reports the
// median batch in nanoseconds per event, of CPU time (cpu_ns) and of elapsed time
// (wall_ns). One batch in a row may be disturbed; half of them rarely are.
template <class Before, class Work>
void time_batches(benchmark::State& state, Before before, Work work) {
    std::vector<double> cpu;
    std::vector<double> wall;
    const int traced = memtrace_is_tracing();
    for (auto _ : state) {
        before();
        const double wall_begin = seconds_of(CLOCK_MONOTONIC);
        const double cpu_begin = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        const double events = static_cast<double>(work());
        const double cpu_end = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        const double wall_end = seconds_of(CLOCK_MONOTONIC);
        state.SetIterationTime(cpu_end - cpu_begin);
        cpu.push_back((cpu_end - cpu_begin) * 1e9 / events);
        wall.push_back((wall_end - wall_begin) * 1e9 / events);
    }
    state.counters["cpu_ns"] = median(cpu);
    state.counters["wall_ns"] = median(wall);
    state.counters["traced"] = traced;
}

template <class Work>
void time_batches(benchmark::State& state, Work work) {
    time_batches(
        state, [] {}, work);
}

// How many calls lie between main and its caller; main itself is at 0.
int depth_here();
// Called once, by main.
void remember_main();

// Runs work() at `depth` calls below main. False: the harness alone is deeper.
template <class Work>
[[gnu::noinline]] void go_deeper(long levels, Work& work) {
    if (levels <= 0) {
        work();
    } else {
        go_deeper(levels - 1, work);
    }
    asm volatile("" ::: "memory");  // or the call would become a jump
}
template <class Work>
[[gnu::noinline]] bool run_at_depth(long depth, Work work) {
    const long levels = depth - depth_here() - 1;
    if (levels < 0) return false;
    go_deeper(levels, work);
    asm volatile("" ::: "memory");
    return true;
}

// xorshift64 (Marsaglia): the same addresses and sizes in every run.
class Random {
  public:
    std::uint64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    // Below `bound`, which is small against 2^32.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
    }

  private:
    std::uint64_t state_ = 0x9e3779b97f4a7c15ull;
};

}  // namespace mt::bench

#endif
