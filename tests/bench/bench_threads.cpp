// SPDX-License-Identifier: MIT
//
// Threads that allocate at once: each in a set of its own (after Larson and Krishnan's
// benchmark of servers), and each freeing what another allocated (after Lever and
// Boreham's xmalloc).
#include <stdlib.h>

#include <memory>

#include "alloc_bench.h"
#include "crew.h"

namespace mt::bench {
namespace {

constexpr long kEvents = 100'000;  // of each thread and batch

struct alignas(128) OwnSet {  // two threads' state never shares a cache line
    static constexpr std::uint32_t kBlocks = 20'000;
    Random random;
    std::unique_ptr<void*[]> blocks = std::make_unique<void*[]>(kBlocks);

    std::size_t size() { return 16 + random.below(497); }
    void fill() {
        for (std::uint32_t i = 0; i < kBlocks; ++i) blocks[i] = malloc(size());
    }
    void replace(long times) {
        for (long i = 0; i < times; ++i) {
            void*& block = blocks[random.below(kBlocks)];
            free(block);
            block = malloc(size());
        }
    }
    void empty() {
        for (std::uint32_t i = 0; i < kBlocks; ++i) free(blocks[i]);
    }
};

void larson(benchmark::State& state) {
    const int threads = static_cast<int>(state.range(0));
    std::vector<OwnSet> sets(static_cast<std::size_t>(threads));
    const auto set = [&sets](int number) -> OwnSet& {
        return sets[static_cast<std::size_t>(number)];
    };
    Crew crew(threads);
    crew.run([&](int number) { set(number).fill(); });
    time_batches(state, [&] {
        crew.run([&](int number) { set(number).replace(kEvents); });
        return kEvents * threads;
    });
    crew.run([&](int number) { set(number).empty(); });
}
BENCHMARK(larson)->Arg(1)->Arg(2)->Arg(4)->UseManualTime();

void xmalloc(benchmark::State& state) {
    const int threads = static_cast<int>(state.range(0));
    // What each thread allocated in this batch and in the one before.
    using Blocks = std::vector<std::vector<void*>>;
    const Blocks none(static_cast<std::size_t>(threads), std::vector<void*>(kEvents, nullptr));
    Blocks now = none;
    Blocks before = none;
    const auto exchange = [&](int number) {
        std::vector<void*>& mine = now[static_cast<std::size_t>(number)];
        std::vector<void*>& others = before[static_cast<std::size_t>((number + 1) % threads)];
        for (std::size_t i = 0; i < static_cast<std::size_t>(kEvents); ++i) {
            free(others[i]);
            others[i] = nullptr;
            mine[i] = malloc(64);
        }
    };
    Crew crew(threads);
    crew.run(exchange);
    time_batches(
        state, [&] { std::swap(now, before); },
        [&] {
            crew.run(exchange);
            return kEvents * threads;
        });
    for (const std::vector<void*>& blocks : now) {
        for (void* block : blocks) free(block);
    }
}
BENCHMARK(xmalloc)->Arg(2)->Arg(4)->UseManualTime();

}  // namespace
}  // namespace mt::bench
