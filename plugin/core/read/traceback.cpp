// SPDX-License-Identifier: MIT
//
// See traceback.h. The frames get new numbers, parents first, as in a whole table.
#include "read/traceback.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "abi/layout.h"
#include "read/anchor.h"
#include "read/depot.h"

namespace mt::core {
namespace {

// Row `index` of a directory of chunks.
template <typename T>
bool read_row(Reading& reading, const abi::u64* chunks, std::uint32_t per_chunk,
              std::uint64_t count, std::uint64_t index, std::uint32_t stride, const char* what,
              T& row) {
    const std::uint64_t chunk = index < count ? chunks[index / per_chunk] : 0;
    if (chunk == 0)
        return reading.fail(Code::damaged,
                            fmt::format("the table is damaged: there is no {} {}", what, index));
    return reading.exact(chunk + index % per_chunk * stride, &row, sizeof row, what);
}

// Frames of a traceback, innermost first, and the root that they end at.
struct Chain {
    std::vector<Pc> frames;
    std::uint32_t root = 0;
    std::uint32_t id = 0;  // the stack id that the innermost one says ends there; 0 = none
};

bool read_frames(Reading& reading, const abi::Header& header, std::uint32_t node,
                 std::size_t modules, Chain& chain) {
    std::vector<Pc>& frames = chain.frames;
    while (node >= abi::kReservedNodes && frames.size() < abi::kMaxFrames) {
        abi::Node row{};
        if (!read_row(reading, header.node_chunk, abi::kNodesPerChunk, header.node_count, node,
                      header.node_size, "frame", row))
            return false;
        const std::uint16_t module = abi::node_module(row.pc_module);
        if (row.parent >= node || (module >= modules && module != 0))
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: frame {} names parent {} and "
                                            "module {}",
                                            node, row.parent, module));
        if (frames.empty()) chain.id = row.id;
        frames.push_back({abi::node_pc(row.pc_module), module});
        node = row.parent;
    }
    chain.root = node;
    return true;
}

}  // namespace

void begin_traces(Table& table) {
    table.nodes.resize(abi::kReservedNodes);
    for (std::uint32_t i = 0; i < abi::kReservedNodes; ++i) table.parents.push_back(i);
}

bool read_trace(Reading& reading, const abi::Header& header, std::uint32_t id, Table& table) {
    Trace& trace = table.traces.emplace_back();
    trace.id = id;
    if (id < abi::kReservedStacks) return true;
    abi::Stack stack{};
    if (!read_row(reading, header.stack_chunk, abi::kStacksPerChunk, header.stack_count, id,
                  header.stack_size, "traceback", stack))
        return false;
    Chain chain;
    if (!read_frames(reading, header, stack.node, table.modules.size(), chain)) return false;
    const bool other = stack.domain == 0 ? chain.id != 0 && chain.id != id : chain.id == id;
    reading.doubt(kNamesDiffer, other ? 1 : 0);
    const std::vector<Pc>& frames = chain.frames;
    const std::uint32_t node = chain.root;
    trace.domain = stack.domain;
    trace.end = root_end(node);
    trace.node = frames.empty() ? node
                                : static_cast<std::uint32_t>(table.nodes.size()) +
                                      static_cast<std::uint32_t>(frames.size()) - 1;
    std::uint32_t parent = node;
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
        table.parents.push_back(parent);
        table.nodes.push_back(*frame);
        parent = static_cast<std::uint32_t>(table.nodes.size() - 1);
    }
    return true;
}

namespace {

bool read_all(Reading& reading, const Status& status, std::uint32_t id, Table& table) {
    Anchor anchor;
    if (!load_anchor(reading, status, anchor)) return false;
    if (!anchor.has_header) return reading.fail(Code::no_runtime, "nothing has been traced yet");
    if (!read_modules(reading, anchor.header, table)) return false;
    table.status = status_of(anchor);
    begin_traces(table);
    return read_trace(reading, anchor.header, id, table);
}

}  // namespace

Result<Table> read_traceback(Memory& memory, const Status& status, std::uint32_t stack) {
    Reading reading(memory);
    Table table;
    if (!read_all(reading, status, stack, table)) return fail(reading.error());
    return table;
}

}  // namespace mt::core
