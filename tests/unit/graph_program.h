// SPDX-License-Identifier: MIT
//
// A program's memory as the graph's tests make it up: blocks, globals, holes. Nothing here
// looks for a pointer.
#ifndef MEMTRACE_TESTS_GRAPH_PROGRAM_H
#define MEMTRACE_TESTS_GRAPH_PROGRAM_H

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "graph/leaks.h"
#include "graph/reach.h"
#include "graph/scan.h"

namespace mt::test {

namespace graph = core::graph;
using graph::Extent;
using graph::Held;
using graph::Number;
using graph::Root;
using graph::RootClass;

class Program {
  public:
    static constexpr std::uint64_t kHeap = 0x7f0000000000, kGlobals = 0x555555550000;

    Program() { map(kGlobals, 4096); }

    void map(std::uint64_t address, std::uint64_t size) { memory_[address].resize(size); }
    // A block with its own memory behind the last one; blocks are numbered as they are made.
    std::uint64_t add(std::uint64_t size) {
        const std::uint64_t address = next_;
        add_at(address, size);
        next_ += (size + 15) / 16 * 16 + 16;
        return address;
    }
    void add_at(std::uint64_t address, std::uint64_t size) {
        blocks.push_back({address, size});
        map(address, std::max<std::uint64_t>(size, 1));
    }
    void put(std::uint64_t address, std::uint64_t value) {
        auto& [start, bytes] = *--memory_.upper_bound(address);
        std::memcpy(bytes.data() + (address - start), &value, sizeof value);
    }
    // The next word of the globals.
    std::uint64_t put_global(std::uint64_t value) {
        put(next_global_, value);
        return std::exchange(next_global_, next_global_ + 8);
    }
    void add_root(RootClass root_class, Extent range) {
        roots.push_back({root_class, static_cast<std::uint32_t>(roots.size()), range, 0});
    }
    void add_register(std::uint64_t value) {
        roots.push_back(
            {RootClass::registers, static_cast<std::uint32_t>(roots.size()), {}, value});
    }
    // Bytes [address, end) from here on cannot be read.
    void add_hole(std::uint64_t address, std::uint64_t end) { holes_.push_back({address, end}); }

    graph::Read read() const {
        return [this](std::uint64_t address, void* out, std::size_t size) {
            return core::Result<std::size_t>(copy(address, static_cast<char*>(out), size));
        };
    }

    std::vector<Extent> blocks;
    std::vector<Root> roots{{RootClass::module_data, 0, {kGlobals, 4096}, 0}};

  private:
    // Bytes between what is mapped are zero, as free memory of an allocator.
    std::size_t copy(std::uint64_t address, char* out, std::size_t size) const {
        std::uint64_t end = address + size;
        for (const auto& [from, to] : holes_) {
            if (address < to && from < end) end = std::max(address, from);
        }
        if (size == 0) return 0;
        std::memset(out, 0, size);
        for (auto part = memory_.begin(); part != memory_.end() && part->first < end; ++part) {
            const std::uint64_t from = std::max(address, part->first);
            const std::uint64_t to = std::min(end, part->first + part->second.size());
            if (from < to)
                std::memcpy(out + (from - address), part->second.data() + (from - part->first),
                            to - from);
        }
        return end - address;
    }

    std::map<std::uint64_t, std::vector<char>> memory_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> holes_;
    std::uint64_t next_ = kHeap, next_global_ = kGlobals;
};

// All three answers about a program.
struct Answers {
    graph::BlockIndex index;
    graph::Scanned scanned;
    graph::Reach reach;
    graph::Leaks leaks;

    explicit Answers(const Program& program, const graph::ScanOptions& options = {},
                     const graph::ReachOptions& reach_options = {})
        : index(graph::BlockIndex::make(program.blocks).value()),
          scanned(graph::scan(index, program.roots, program.read(), options, {}).value()),
          reach(graph::reach(scanned.edges, program.roots, scanned.root_edges, reach_options, {})
                    .value()),
          leaks(graph::find_leaks(index, scanned.edges, reach, {}).value()) {}

    // By address of the block.
    Number number(std::uint64_t address) const { return index.find(address).block; }
    Held held(std::uint64_t address) const { return reach.held[number(address)]; }
};

// A graph without memory: targets by block.
inline graph::Edges edges_of(const std::vector<std::vector<graph::Target>>& targets) {
    graph::Edges edges;
    edges.offsets.push_back(0);
    for (const auto& list : targets) {
        edges.targets.insert(edges.targets.end(), list.begin(), list.end());
        edges.offsets.push_back(edges.targets.size());
    }
    return edges;
}
// That many blocks of this size.
inline graph::BlockIndex index_of(Number count, std::uint64_t size = 8) {
    std::vector<Extent> blocks(count);
    for (Number i = 0; i < count; ++i) blocks[i] = {Program::kHeap + i * (size + 16), size};
    return graph::BlockIndex::make(std::move(blocks)).value();
}

}  // namespace mt::test

#endif
