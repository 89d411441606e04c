// SPDX-License-Identifier: MIT
//
// See table_maker.h.
#include "save/table_maker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "abi/layout.h"

namespace mt::core {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMostModules = std::numeric_limits<std::uint16_t>::max();

std::uint64_t mixed(std::uint64_t value) {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdull;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ull;
    return value ^ value >> 33;
}

}  // namespace

TableMaker::TableMaker(FrameBook& book)
    : book_(book),
      names_(std::make_shared<Names>()),
      next_id_(abi::kReservedStacks),
      node_index_(kFirstSlots) {
    table.modules.resize(1);
    table.nodes.resize(abi::kReservedNodes);
    for (std::uint32_t i = 0; i < abi::kReservedNodes; ++i) table.parents.push_back(i);
}

std::uint16_t TableMaker::add_module(Module module) {
    if (table.modules.size() > kMostModules) return 0;
    const auto index = static_cast<std::uint16_t>(table.modules.size());
    modules_.try_emplace(module.path, index);
    table.modules.push_back(std::move(module));
    return index;
}

std::uint16_t TableMaker::module_named(std::string_view path) {
    if (path.empty()) return 0;
    if (const auto found = modules_.find(path); found != modules_.end()) return found->second;
    Module made;
    made.path = path;
    return add_module(std::move(made));
}

Pc TableMaker::add_code(Pc pc, std::vector<FrameId> frames, std::uint64_t offset) {
    if (frames.empty()) frames.push_back(0);
    if (has_address(pc)) {
        const Location* known = names_->find(pc);
        if (known == nullptr) {
            names_->give(pc, {std::move(frames), offset, true});
            return pc;
        }
        if (known->frames == frames && known->offset == offset) return pc;
    }
    pc.address = next_made_++;
    names_->give(pc, {std::move(frames), offset, true});
    return pc;
}

Pc TableMaker::code_of(const PlainFrame& frame) {
    const std::uint16_t module = module_named(frame.module);
    const FrameId named = book_.frame(frame.file, frame.function, frame.module, frame.line);
    const auto [entry, is_new] = plain_.try_emplace({named, module});
    if (is_new) entry->second = add_code({0, module}, {named}, 0);
    return entry->second;
}

std::size_t TableMaker::slot_of(std::uint32_t parent, Pc pc) const {
    const std::uint64_t key = mixed(pc.address ^ std::uint64_t{pc.module} << 48) + parent;
    std::size_t slot = mixed(key) & (node_index_.size() - 1);
    for (;; slot = (slot + 1) & (node_index_.size() - 1)) {
        const std::uint32_t node = node_index_[slot];
        if (node == 0) return slot;
        if (table.parents[node] == parent && table.nodes[node] == pc) return slot;
    }
}

void TableMaker::grow_index() {
    node_index_.assign(node_index_.size() * 2, 0);
    for (std::size_t i = abi::kReservedNodes; i < table.nodes.size(); ++i)
        node_index_[slot_of(table.parents[i], table.nodes[i])] = static_cast<std::uint32_t>(i);
}

std::uint32_t TableMaker::node_of(std::uint32_t parent, Pc pc) {
    if (table.nodes.size() * 2 > node_index_.size()) grow_index();
    std::uint32_t& node = node_index_[slot_of(parent, pc)];
    if (node == 0) {
        node = static_cast<std::uint32_t>(table.nodes.size());
        table.nodes.push_back(pc);
        table.parents.push_back(parent);
    }
    return node;
}

std::uint32_t TableMaker::add_stack(const std::vector<Pc>& pcs, End end) {
    static_assert(static_cast<std::uint32_t>(End::cut) == abi::kRootCut &&
                  static_cast<std::uint32_t>(End::broken) == abi::kRootBroken);
    auto node = static_cast<std::uint32_t>(end);
    for (auto pc = pcs.rbegin(); pc != pcs.rend(); ++pc) node = node_of(node, *pc);
    return node;
}

std::uint32_t TableMaker::add(Trace trace) {
    table.traces.push_back(trace);
    return static_cast<std::uint32_t>(table.traces.size() - 1);
}

std::uint32_t TableMaker::trace_of(std::uint32_t node, std::uint32_t domain,
                                   std::uint16_t total_frames) {
    auto& same = traces_[std::uint64_t{node} << 32 | domain];
    for (std::uint32_t index : same)
        if (table.traces[index].total_frames == total_frames) return index;
    Trace made;
    made.id = next_id_++;
    made.domain = domain;
    made.node = node;
    made.total_frames = total_frames;
    std::uint32_t root = node;
    while (root >= abi::kReservedNodes) root = table.parents[root];
    made.end = static_cast<End>(root);
    same.push_back(add(made));
    return same.back();
}

std::uint32_t TableMaker::reserved_trace(std::uint32_t id, std::uint32_t domain) {
    const auto [entry, is_new] = reserved_.try_emplace({id, domain});
    if (is_new) {
        Trace made;
        made.id = id;
        made.domain = domain;
        entry->second = add(made);
    }
    return entry->second;
}

void TableMaker::keep_block(std::uint32_t trace, std::uint64_t size, std::uint64_t number,
                            std::uint32_t domain) {
    const Block block{0, size, table.traces[trace].id, table.place_of({domain, 0})};
    table.blocks.insert(table.blocks.end(), number, block);
}

void TableMaker::keep_block(std::uint32_t trace, std::uint64_t size, std::uint32_t domain,
                            std::uint64_t address, std::uint64_t stamp) {
    table.blocks.push_back(
        {address, size, table.traces[trace].id, table.place_of({domain, stamp})});
}

void TableMaker::add_trace(std::uint32_t domain, std::uint64_t size,
                           const std::vector<PlainFrame>& frames, std::uint32_t total_nframe) {
    std::vector<Pc> pcs;
    pcs.reserve(frames.size());
    for (const PlainFrame& frame : frames) pcs.push_back(code_of(frame));
    const End end = total_nframe > frames.size() ? End::cut : End::complete;
    const auto total = std::min<std::uint32_t>(total_nframe, kMostModules);
    const std::uint32_t index =
        trace_of(add_stack(pcs, end), domain, static_cast<std::uint16_t>(total));
    Trace& trace = table.traces[index];
    trace.alloc_bytes += size;
    trace.alloc_count += 1;
    trace.size += static_cast<std::int64_t>(size);
    trace.count += 1;
    keep_block(index, size, 1, domain);
}

void TableMaker::count_totals() {
    table.node_count = table.nodes.size();
    table.stack_count = next_id_;
    table.count_totals();
}

std::shared_ptr<Table> TableMaker::finish() {
    table.names = std::move(names_);
    return std::make_shared<Table>(std::move(table));
}

}  // namespace mt::core
