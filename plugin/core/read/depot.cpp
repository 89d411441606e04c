// SPDX-License-Identifier: MIT
//
// Nodes and stacks, chunk by chunk. A parent lies below its child, so that no
// chain can loop; everything else is bounded by what the chunks can hold.
#include "read/depot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace mt::core {

End root_end(std::uint32_t root) {
    if (root == abi::kRootComplete) return End::complete;
    return root == abi::kRootCut ? End::cut : End::broken;
}

bool check_count(Reading& reading, const char* what, std::uint64_t count, std::uint64_t capacity) {
    if (count <= capacity) return true;
    return reading.fail(Code::damaged,
                        fmt::format("the table is damaged: it claims {} {}, more than the {} that "
                                    "it can hold",
                                    count, what, capacity));
}

namespace {

// Room that is made on the word of the header alone.
constexpr std::uint64_t kLikelyNodes = 1u << 22;

// A chunk that must be there and has no address: the directory's page reads as zeros.
bool no_chunk(Reading& reading, const char* what, const abi::Header& header,
              const abi::u64& entry) {
    const auto offset = static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&entry) -
                                                   reinterpret_cast<const std::byte*>(&header));
    return reading.not_dumped(
        fmt::format("cannot read the table: the header's list of {} at {:#x} is zero: its page was",
                    what, header.self + offset),
        header.self + offset);
}

struct Rows {
    const char* what;
    const abi::u64* directory;
    std::uint64_t reserved;
    std::uint64_t count;
    std::uint32_t per_chunk;
    std::uint32_t stride;
};

// Calls row(index, address, bytes) for rows [reserved, count) of a directory of
// chunks; a chunk comes into being with its first row that is not reserved.
template <typename Row>
bool chunked(Reading& reading, const abi::Header& header, const Rows& rows, Row row) {
    std::uint64_t first = rows.reserved;
    while (first < rows.count) {
        const abi::u64& chunk = rows.directory[first / rows.per_chunk];
        const std::uint64_t address = chunk + first % rows.per_chunk * rows.stride;
        const std::uint64_t n =
            std::min(rows.per_chunk - first % rows.per_chunk, rows.count - first);
        if (chunk == 0) return no_chunk(reading, rows.what, header, chunk);
        if (!reading.claim(chunk, std::uint64_t{rows.per_chunk} * rows.stride, rows.what)) {
            return false;
        }
        const bool read = reading.rows(address, n, rows.stride, rows.what,
                                       [&](std::uint64_t i, const std::byte* bytes) {
                                           return row(first + i, address + i * rows.stride, bytes);
                                       });
        if (!read) return false;
        first += n;
    }
    return true;
}

bool not_dumped(Reading& reading, const char* what, std::uint64_t address) {
    return reading.not_dumped(
        fmt::format("cannot read the table: {} at {:#x} are all zero: their pages were", what,
                    address),
        address);
}

bool read_nodes(Reading& reading, const abi::Header& header, Table& table, Depot& depot) {
    const std::size_t modules = table.modules.size();
    const auto likely = static_cast<std::size_t>(std::min(header.node_count, kLikelyNodes));
    table.nodes.reserve(likely);
    table.parents.reserve(likely);
    for (std::uint32_t i = 0; i < abi::kReservedNodes; ++i) {
        table.nodes.emplace_back();
        table.parents.push_back(i);
        depot.ends.push_back(root_end(i));
        depot.ids.push_back(0);
    }
    auto row = [&](std::uint64_t index, std::uint64_t address, const std::byte* bytes) {
        abi::Node node;
        std::memcpy(&node, bytes, sizeof node);
        if (node.pc_module == 0 && node.parent == 0 && node.id == 0) {
            return not_dumped(reading, "frames", address);
        }
        const std::uint16_t module = abi::node_module(node.pc_module);
        if (node.parent >= index || (module >= modules && module != 0)) {
            const bool parent = node.parent >= index;
            return reading.fail(
                Code::damaged,
                fmt::format("the table is damaged: frame {} at {:#x} names {} {}", index, address,
                            parent ? "parent" : "module", parent ? node.parent : module),
                address);
        }
        table.nodes.push_back({abi::node_pc(node.pc_module), module});
        table.parents.push_back(node.parent);
        depot.ends.push_back(depot.ends[node.parent]);
        depot.ids.push_back(node.id);
        return true;
    };
    const Rows rows{"frames",          header.node_chunk,   abi::kReservedNodes,
                    header.node_count, abi::kNodesPerChunk, header.node_size};
    return chunked(reading, header, rows, row);
}

bool read_stacks(Reading& reading, const abi::Header& header, Table& table, Depot& depot) {
    bool saw_zero = false;
    depot.stacks.resize(abi::kReservedStacks);
    auto row = [&](std::uint64_t index, std::uint64_t address, const std::byte* bytes) {
        abi::Stack stack;
        std::memcpy(&stack, bytes, sizeof stack);
        // (node, domain) is distinct for each id, so at most one can be zero.
        const bool zero = stack.node == 0 && stack.domain == 0;
        if (zero && saw_zero) return not_dumped(reading, "tracebacks", address);
        saw_zero = saw_zero || zero;
        if (stack.node >= table.nodes.size()) {
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: traceback {} at {:#x} names "
                                            "frame {} of {}",
                                            index, address, stack.node, table.nodes.size()),
                                address);
        }
        depot.stacks.push_back(stack);
        return true;
    };
    const Rows rows{"tracebacks",       header.stack_chunk,   abi::kReservedStacks,
                    header.stack_count, abi::kStacksPerChunk, header.stack_size};
    return chunked(reading, header, rows, row);
}

}  // namespace

bool read_depot(Reading& reading, const abi::Header& header, Table& table, Depot& depot) {
    constexpr std::uint64_t kNodes = std::uint64_t{abi::kNodesPerChunk} * abi::kNodeChunks;
    constexpr std::uint64_t kStacks = std::uint64_t{abi::kStacksPerChunk} * abi::kStackChunks;
    if (!check_count(reading, "frames", header.node_count, kNodes)) return false;
    if (!check_count(reading, "tracebacks", header.stack_count, kStacks)) return false;
    if (!read_nodes(reading, header, table, depot)) return false;
    return read_stacks(reading, header, table, depot);
}

}  // namespace mt::core
