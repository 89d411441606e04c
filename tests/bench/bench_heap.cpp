// SPDX-License-Identifier: MIT
//
// Heaps with much alive: replaced at random, climbing to a peak with every event, and
// from before tracing began.
#include <pthread.h>
#include <stdlib.h>

#include <memory>

#include "alloc_bench.h"
#include "crew.h"

namespace mt::bench {
namespace {

constexpr long kEvents = 100'000;

// Kept from one run to the next: Google Benchmark calls a benchmark several times
// until it knows how many batches it wants, and ten million blocks take seconds.
struct Heap {
    std::uint32_t count = 0;
    bool mixed = false;
    Random random;
    std::unique_ptr<void*[]> blocks;

    std::size_t size() { return mixed ? 16 + random.below(1985) : 64; }
    void empty() {
        for (std::uint32_t i = 0; i < count; ++i) free(blocks[i]);
        count = 0;
    }
    void fill(std::uint32_t wanted, bool wants_mixed) {
        if (wanted == count && wants_mixed == mixed) return;
        empty();
        mixed = wants_mixed;
        blocks = std::make_unique<void*[]>(wanted);
        for (; count < wanted; ++count) blocks[count] = malloc(size());
    }
};
Heap heap;

void churn_with(benchmark::State& state, bool mixed) {
    heap.fill(static_cast<std::uint32_t>(state.range(0)), mixed);
    time_batches(state, [] {
        for (long i = 0; i < kEvents; ++i) {
            void*& block = heap.blocks[heap.random.below(heap.count)];
            free(block);
            block = malloc(heap.size());
        }
        return kEvents;
    });
}
void churn(benchmark::State& state) { churn_with(state, false); }
void churn_mixed(benchmark::State& state) { churn_with(state, true); }
BENCHMARK(churn)->Arg(200'000)->Arg(1'000'000)->Arg(10'000'000)->UseManualTime();
BENCHMARK(churn_mixed)->Arg(1'000'000)->UseManualTime();

// Every allocation makes a new peak; the frees between the batches are not timed. The
// threads allocated once and sleep: each holds a share of the room below the peak.
void climb(benchmark::State& state) {
    heap.empty();
    Crew idle(static_cast<int>(state.range(0)));
    idle.run([](int) {
        void* block = malloc(64);
        benchmark::DoNotOptimize(block);
        free(block);
    });
    const auto blocks = std::make_unique<void*[]>(kEvents);
    const auto back_to_the_ground = [&blocks] {
        for (long i = 0; i < kEvents; ++i) {
            free(blocks[i]);
            blocks[i] = nullptr;
        }
        memtrace_reset_peak();
    };
    time_batches(state, back_to_the_ground, [&blocks] {
        for (long i = 0; i < kEvents; ++i) blocks[i] = malloc(64);
        return kEvents;
    });
    back_to_the_ground();
}
BENCHMARK(climb)->Arg(0)->Arg(64)->UseManualTime();

// Frees of blocks from before tracing began. Tracing, if it is on, is started anew
// after the blocks have been allocated.
void untracked_free(benchmark::State& state) {
    heap.empty();
    const bool traced = memtrace_is_tracing() != 0;
    const auto blocks = std::make_unique<void*[]>(kEvents);
    const auto allocate_before_the_start = [&] {
        if (traced) memtrace_stop();
        for (long i = 0; i < kEvents; ++i) blocks[i] = malloc(64);
        if (!traced) return;
        memtrace_start(32);
        free(malloc(64));  // the first event makes the new state; that is not a free's cost
    };
    time_batches(state, allocate_before_the_start, [&blocks] {
        for (long i = 0; i < kEvents; ++i) free(blocks[i]);
        return kEvents;
    });
}
BENCHMARK(untracked_free)->UseManualTime();

}  // namespace
}  // namespace mt::bench
