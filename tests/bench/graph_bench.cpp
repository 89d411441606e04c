// SPDX-License-Identifier: MIT
//
// What it costs to find leaks and what blocks retain: GB/s of the scan, by blocks and threads,
// over memory that is there already; seconds for dominators. Run by hand, it is no test:
//
//   graph_bench                                   up to a million blocks
//   MEMTRACE_BENCH_BLOCKS=20000000 graph_bench    dominators of so many, some 2 GiB
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "graph/dominators.h"
#include "graph/scan.h"

namespace {

using namespace mt::core::graph;

constexpr std::uint64_t kBase = 0x7f0000000000;

// Blocks of 240 bytes with 16 between them; one word in ten points to a block, four of five of
// those to one nearby, one in ten to a middle.
struct Heap {
    explicit Heap(Number count) {
        std::mt19937_64 random(1);
        std::vector<Extent> blocks(count);
        for (Number i = 0; i < count; ++i) blocks[i] = {kBase + i * std::uint64_t{256}, 240};
        words.resize(std::size_t{count} * 32);
        for (std::size_t i = 0; i < words.size(); ++i) {
            words[i] = random() >> 20;
            if (random() % 10 != 0) continue;
            const std::uint64_t near = i / 32 + random() % 1000;
            const std::uint64_t block = random() % 5 != 0 ? near % count : random() % count;
            words[i] = kBase + block * 256 + (random() % 10 == 0 ? 40 : 0);
        }
        index = BlockIndex::make(std::move(blocks)).value();
    }
    mt::core::Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) const {
        std::memcpy(out, reinterpret_cast<const char*>(words.data()) + (address - kBase), size);
        return size;
    }
    std::vector<std::uint64_t> words;
    BlockIndex index;
};

const Heap& heap_of(Number count) {
    static Heap heap(count);
    return heap;
}

void scan_blocks(benchmark::State& state) {
    const Heap& heap = heap_of(1'000'000);
    const Read read = [&](std::uint64_t address, void* out, std::size_t size) {
        return heap.read(address, out, size);
    };
    ScanOptions options;
    options.threads = static_cast<unsigned>(state.range(0));
    std::size_t edges = 0;
    for (auto _ : state) {
        const auto scanned = scan(heap.index, {}, read, options, {}).value();
        edges = scanned.edges.targets.size();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * heap.words.size() * 8));
    state.counters["edges"] = static_cast<double>(edges);
}

// Only which words are pointers: no memory is read, no edge is kept.
void find_pointers(benchmark::State& state) {
    const Heap& heap = heap_of(1'000'000);
    const PointerRules rules;
    const PointerFinder finder(heap.index, rules);
    std::vector<Pointer> pointers;
    constexpr std::size_t kAtOnce = kPiece / kWord;
    for (auto _ : state) {
        for (std::size_t at = 0; at + kAtOnce <= heap.words.size(); at += kAtOnce) {
            pointers.clear();
            finder.find({heap.words.data() + at, kAtOnce}, pointers);
            benchmark::DoNotOptimize(pointers.data());
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * heap.words.size() * 8));
}

Number wanted_blocks() {
    const char* const text = std::getenv("MEMTRACE_BENCH_BLOCKS");
    return text == nullptr ? 1'000'000 : static_cast<Number>(std::strtoul(text, nullptr, 10));
}

BlockIndex index_of(Number count) {
    std::vector<Extent> blocks(count);
    for (Number i = 0; i < count; ++i) blocks[i] = {kBase + i * std::uint64_t{256}, 240};
    return BlockIndex::make(std::move(blocks)).value();
}

void retain(benchmark::State& state, const BlockIndex& index, const Edges& edges,
            const std::vector<Number>& held) {
    for (auto _ : state) {
        auto found = dominators(index, edges, held, {}, {}).value();
        benchmark::DoNotOptimize(found.bytes.data());
    }
    state.counters["edges"] = static_cast<double>(edges.targets.size());
}

// Doubly linked lists of `length` blocks, each held by its first.
void dominators_of_lists(benchmark::State& state) {
    const Number count = wanted_blocks();
    const auto length = static_cast<Number>(state.range(0) == 0 ? count : state.range(0));
    Edges edges;
    std::vector<Number> held;
    edges.offsets.push_back(0);
    for (Number i = 0; i < count; ++i) {
        if (i % length == 0)
            held.push_back(i);
        else
            edges.targets.push_back(i - 1);
        if (i % length != length - 1 && i + 1 < count) edges.targets.push_back(i + 1);
        edges.offsets.push_back(edges.targets.size());
    }
    retain(state, index_of(count), edges, held);
}

// Each block is held by one before it, and has a pointer to its holder and one to anywhere.
void dominators_of_trees(benchmark::State& state) {
    const Number count = wanted_blocks();
    std::mt19937_64 random(2);
    std::vector<Number> holders(count);
    Edges edges;
    edges.offsets.resize(std::size_t{count} + 1);
    for (Number i = 1; i < count; ++i) ++edges.offsets[holders[i] = Number(random() % i)];
    std::uint64_t end = 0;
    for (std::uint64_t& offset : edges.offsets) offset = end += offset;
    for (std::size_t i = 0; i < edges.offsets.size(); ++i) edges.offsets[i] += 2 * i;
    edges.targets.resize(edges.offsets.back());
    edges.offsets.back() = edges.targets.size();
    for (Number i = 0; i < count; ++i) {
        edges.offsets[i] += 2;
        edges.targets[--edges.offsets[i]] = holders[i];
        edges.targets[--edges.offsets[i]] = Number(random() % count);
    }
    for (Number i = 1; i < count; ++i) edges.targets[--edges.offsets[holders[i]]] = i;
    retain(state, index_of(count), edges, {0});
}

BENCHMARK(scan_blocks)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(find_pointers);
BENCHMARK(dominators_of_lists)->Arg(200)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(dominators_of_trees)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
