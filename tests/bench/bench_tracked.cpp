// SPDX-License-Identifier: MIT
//
// What a program pays for what it tracks itself: a key untracked and one tracked, among
// few and among many live ones, by one thread and by several; and a touch.
#include <memory>

#include "alloc_bench.h"
#include "crew.h"

namespace mt::bench {
namespace {

constexpr unsigned kDomain = 5;
constexpr long kEvents = 50'000;  // of each thread and batch

struct alignas(128) OwnKeys {  // two threads' state never shares a cache line
    Random random;
    std::vector<std::uint64_t> keys;

    void fill(std::uint32_t count, std::uint64_t number) {
        keys.resize(count);
        for (std::uint32_t i = 0; i < number; ++i) random.next();
        for (std::uint64_t& key : keys) memtrace_track(kDomain, key = random.next(), 64);
    }
    void replace(long times) {
        for (long i = 0; i < times; ++i) {
            std::uint64_t& key = keys[random.below(static_cast<std::uint32_t>(keys.size()))];
            memtrace_untrack(kDomain, key);
            memtrace_track(kDomain, key = random.next(), 64);
        }
    }
    void empty() {
        for (const std::uint64_t key : keys) memtrace_untrack(kDomain, key);
    }
};

void track(benchmark::State& state) {
    OwnKeys own;
    own.fill(static_cast<std::uint32_t>(state.range(0)), 0);
    time_batches(state, [&] {
        own.replace(kEvents);
        return kEvents;
    });
    own.empty();
}
BENCHMARK(track)->Arg(1)->Arg(1000)->Arg(1'000'000)->UseManualTime();

void track_threads(benchmark::State& state) {
    const int threads = static_cast<int>(state.range(0));
    std::vector<OwnKeys> all(static_cast<std::size_t>(threads));
    const auto own = [&all](int number) -> OwnKeys& {
        return all[static_cast<std::size_t>(number)];
    };
    Crew crew(threads);
    crew.run([&](int number) { own(number).fill(20'000, static_cast<std::uint64_t>(number) * 7); });
    time_batches(state, [&] {
        crew.run([&](int number) { own(number).replace(kEvents); });
        return kEvents * threads;
    });
    crew.run([&](int number) { own(number).empty(); });
}
BENCHMARK(track_threads)->Arg(1)->Arg(2)->Arg(4)->UseManualTime();

void touch(benchmark::State& state) {
    memtrace_track(kDomain, 1, 64);
    time_batches(state, [] {
        for (long i = 0; i < kEvents; ++i) memtrace_touch(kDomain, 1);
        return kEvents;
    });
    memtrace_untrack(kDomain, 1);
}
BENCHMARK(touch)->UseManualTime();

// A block of malloc's beside pages of a pool: what each event looks at besides.
void pair_beside_pages(benchmark::State& state) {
    void* pages[100];
    for (void*& page : pages) memtrace_pool(page = malloc(4000));
    time_batches(state, [] {
        for (long i = 0; i < kEvents; ++i) {
            void* volatile block = malloc(64);
            free(block);
        }
        return kEvents;
    });
    for (void* page : pages) free(page);
}
BENCHMARK(pair_beside_pages)->UseManualTime();

}  // namespace
}  // namespace mt::bench
