// SPDX-License-Identifier: MIT
//
// Allocation as libraries do it: the containers of the standard library, and buffers
// that grow by realloc.
#include <stdlib.h>

#include <map>
#include <string>
#include <unordered_map>

#include "alloc_bench.h"

namespace mt::bench {
namespace {

// std::allocator, and a count of what went through it: the events of a batch.
long allocations = 0;
template <class T>
struct Counting {
    using value_type = T;
    Counting() = default;
    template <class Other>
    Counting(const Counting<Other>&) {}
    T* allocate(std::size_t count) {
        ++allocations;
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* pointer, std::size_t count) {
        std::allocator<T>().deallocate(pointer, count);
    }
    friend bool operator==(const Counting&, const Counting&) { return true; }
};
using Text = std::basic_string<char, std::char_traits<char>, Counting<char>>;

struct HashOfText {
    std::size_t operator()(const Text& text) const {
        return std::hash<std::string_view>()(std::string_view(text.data(), text.size()));
    }
};

[[gnu::noinline]] void fill_containers(Random& random) {
    constexpr unsigned kEntries = 4000;
    std::map<unsigned, Text, std::less<>, Counting<std::pair<const unsigned, Text>>> ordered;
    std::unordered_map<Text, unsigned, HashOfText, std::equal_to<>,
                       Counting<std::pair<const Text, unsigned>>>
        hashed;
    std::vector<Text, Counting<Text>> list;
    for (unsigned i = 0; i < kEntries; ++i) {
        const unsigned key = random.below(kEntries);
        Text text(20 + key % 60, static_cast<char>('a' + key % 26));
        text += "; grown by this much";
        hashed[text] += i;
        ordered[key] = text;
        list.push_back(std::move(text));
        if (i % 3 == 0) ordered.erase(ordered.begin());
    }
}

void containers(benchmark::State& state) {
    Random random;
    time_batches(state, [&random] {
        allocations = 0;
        for (int i = 0; i < 5; ++i) fill_containers(random);
        return allocations;
    });
}
BENCHMARK(containers)->UseManualTime();

// An event here is one realloc; sizes stay below what would be mapped by itself. Two
// buffers grow in turn, each in the way of the other: doubling moves them, as it does
// where a program has more than one.
long double_two_buffers() {
    long events = 0;
    void* buffers[2] = {nullptr, nullptr};
    for (std::size_t size = 16; size <= 65536; size *= 2) {
        for (void*& buffer : buffers) buffer = realloc(buffer, size);
        events += 2;
    }
    for (void* buffer : buffers) free(buffer);
    return events;
}
// One buffer, mostly where it is.
long grow_by_steps() {
    long events = 0;
    void* buffer = nullptr;
    for (std::size_t size = 16; size <= 16384; size += 16) {
        buffer = realloc(buffer, size);
        ++events;
    }
    free(buffer);
    return events;
}
template <class Grow>
void grow_again(benchmark::State& state, Grow grow) {
    time_batches(state, [grow] {
        long events = 0;
        while (events < 50'000) events += grow();
        return events;
    });
}
void realloc_doubling(benchmark::State& state) { grow_again(state, double_two_buffers); }
void realloc_step(benchmark::State& state) { grow_again(state, grow_by_steps); }
BENCHMARK(realloc_doubling)->UseManualTime();
BENCHMARK(realloc_step)->UseManualTime();

}  // namespace
}  // namespace mt::bench
