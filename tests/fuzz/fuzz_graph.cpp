// SPDX-License-Identifier: MIT
//
// The graph of blocks over any heap, steered by coverage: blocks, roots and memory come from the
// input, and what is said of them must add up. It reads a damaged core's blocks in the debugger.
//   fuzz_graph -max_total_time=60 -rss_limit_mb=512 -timeout=5
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "graph/dominators.h"
#include "graph/leaks.h"
#include "graph/reach.h"
#include "graph/scan.h"

namespace {

using namespace mt::core;
using namespace mt::core::graph;

constexpr std::uint64_t kBase = 0x10000, kSpan = 1 << 16;

void check(bool holds, int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "line %d does not hold\n", line);
    std::abort();
}

// Numbers, as long as there is input; then 0.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    std::uint64_t take(std::size_t bytes) {
        std::uint64_t number = 0;
        const std::size_t got = std::min(bytes, size_);
        std::memcpy(&number, data_, got);
        data_ += got;
        size_ -= got;
        return number;
    }
    bool is_left() const { return size_ != 0; }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
};

struct Heap {
    std::vector<Extent> blocks;
    std::vector<Root> roots;
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(kSpan / 8);
    std::uint64_t hole = 0;  // its page cannot be read
    ScanOptions options;
    ReachOptions reach;
};

Heap heap_of(Input& input) {
    Heap heap;
    const std::uint64_t blocks = input.take(1), roots = input.take(1) % 16;
    const std::uint64_t flags = input.take(1);
    heap.options.rules.strict = (flags & 1) != 0;
    heap.options.rules.low_tags = (flags & 2) != 0 ? 7 : 0;
    heap.options.rules.tag_mask = (flags & 4) != 0 ? 0xff00000000000000 : 0;
    heap.options.threads = (flags & 8) != 0 ? 2 : 1;
    heap.reach.weak = (flags & 16) != 0 ? bit_of(RootClass::registers) : 0;
    heap.hole = kBase + input.take(1) % (kSpan >> 12) * 4096;
    std::uint64_t address = kBase;
    for (std::uint64_t i = 0; i < blocks; ++i) {
        const std::uint64_t step = input.take(2), size = input.take(2);
        address += 1 + step;
        // A damaged list has blocks that are larger than the way to the next one, some of them
        // larger than any memory; of those that are only vast each MiB is searched, in its time.
        const bool is_vast = step % 97 == 96;
        heap.blocks.push_back({address, is_vast ? size << 48 : size});
    }
    for (std::uint64_t i = 0; i < roots; ++i) {
        Root root;
        root.root_class = static_cast<RootClass>(input.take(1) % 6);
        const std::uint64_t place = kBase + input.take(2), size = input.take(1);
        if (size == 0)
            root.word = place;
        else
            root.range = {place, size * 8};
        heap.roots.push_back(root);
    }
    if ((flags & 32) != 0 && !heap.blocks.empty())
        heap.reach.suppressed.push_back(static_cast<Number>(input.take(1) % heap.blocks.size()));
    while (input.is_left()) {
        const std::uint64_t at = input.take(2) / 8;
        heap.words[at] = kBase + input.take(3);
        if ((flags & 64) != 0) heap.words[at] |= input.take(1) << 56;
    }
    return heap;
}

void check_leaks(const BlockIndex& index, const Reach& reach, const Leaks& leaks) {
    std::uint64_t bytes = 0, blocks = 0, lost_bytes = 0, lost_blocks = 0;
    for (const Leak& leak : leaks.leaks) {
        bytes += leak.bytes;
        blocks += leak.blocks;
        check(leak.head < index.size() && leak.members >= 1 && leak.blocks >= leak.members);
    }
    for (Number i = 0; i < index.size(); ++i) {
        const bool is_lost = reach.held[i] == Held::not_at_all;
        check(is_lost == (leaks.leak_of[i] != kNone));
        if (!is_lost) continue;
        lost_bytes += index.blocks()[i].size;
        ++lost_blocks;
    }
    check(bytes == lost_bytes && blocks == lost_blocks);
}

void check_chains(const BlockIndex& index, const Scanned& scanned, const Reach& reach) {
    for (Number i = 0; i < index.size(); ++i) {
        if (reach.held[i] == Held::not_at_all) continue;
        const Chain chain = chain_to(reach, i);
        check(!chain.blocks.empty() && chain.blocks.front() == i);
        check(chain.blocks.size() <= index.size());
        for (std::size_t step = 1; step < chain.blocks.size(); ++step) {
            const auto targets = scanned.edges.of(chain.blocks[step]);
            const Number target = chain.blocks[step - 1];
            check(std::any_of(targets.begin(), targets.end(),
                              [target](Target to) { return block_of(to) == target; }));
        }
        if (chain.root_edge != kNone)
            check(block_of(scanned.root_edges[chain.root_edge].target) == chain.blocks.back());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    Heap heap = heap_of(input);
    const Interrupted never;
    auto index = BlockIndex::make(std::move(heap.blocks), never);
    if (!index) {
        check(index.error().code == Code::damaged);
        return 0;
    }
    const Read read = [&heap](std::uint64_t address, void* out, std::size_t length) {
        std::size_t got = 0;
        auto* bytes = static_cast<std::uint8_t*>(out);
        const auto* from = reinterpret_cast<const std::uint8_t*>(heap.words.data());
        for (; got < length; ++got) {
            const std::uint64_t at = address + got;
            if (at < kBase || at >= kBase + kSpan || (at >= heap.hole && at < heap.hole + 4096))
                break;
            bytes[got] = from[at - kBase];
        }
        return Result<std::size_t>(got);
    };
    const auto scanned = scan(*index, heap.roots, read, heap.options, never);
    if (!scanned) {
        check(scanned.error().code == Code::damaged || scanned.error().code == Code::refused);
        return 0;
    }
    check(scanned->edges.blocks() == index->size());
    const auto reached = reach(scanned->edges, heap.roots, scanned->root_edges, heap.reach, never);
    check(static_cast<bool>(reached));
    check_chains(*index, *scanned, *reached);
    const auto leaks = find_leaks(*index, scanned->edges, *reached, never);
    check(static_cast<bool>(leaks));
    check_leaks(*index, *reached, *leaks);
    const std::vector<Number> held = outermost(scanned->root_edges, *reached);
    const auto tree = dominators(*index, scanned->edges, held, *leaks, never);
    check(static_cast<bool>(tree));
    for (Number i = 0; i < index->size(); ++i) check(tree->retained[i] <= index->size());
    return 0;
}
