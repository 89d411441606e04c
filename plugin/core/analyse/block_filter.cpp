// SPDX-License-Identifier: MIT
//
// See block_filter.h.
#include "analyse/block_filter.h"

#include <algorithm>

#include "abi/layout.h"
#include "abi/weight.h"
#include "model/stamp.h"
#include "model/wrapping.h"

namespace mt::core {
namespace {

std::size_t place_in(const Table& table, const Block& block) {
    return static_cast<std::size_t>(&block - table.blocks.data());
}

// Rounded, without the fraction bits.
void finish(std::int64_t& figure, unsigned bits) {
    figure = add(figure, std::int64_t{1} << (bits - 1)) >> bits;
}

}  // namespace

bool BlockFilter::keeps(const Table& table, const Block& block) const {
    if (block.size < min_size || block.size > max_size) return false;
    if (chosen && !chosen->has[place_in(table, block)]) return false;
    if (!types.empty() &&
        std::find(types.begin(), types.end(), table.type_of(block)) == types.end())
        return false;
    if (!needs_stamps()) return true;
    const std::optional<Stamp> stamp = stamp_of(table, block);
    if (since && (!stamp || stamp->mark < *since)) return false;
    if (until && stamp && stamp->mark >= *until) return false;
    const std::uint32_t thread = stamp ? stamp->thread : 0;
    return threads.empty() || std::find(threads.begin(), threads.end(), thread) != threads.end();
}

ChosenBlocks::Held BlockFilter::held_by(const Table& table, const Block& block) const {
    if (!chosen) return {};
    const auto found = chosen->held.find(static_cast<std::uint32_t>(place_in(table, block)));
    return found == chosen->held.end() ? ChosenBlocks::Held{} : found->second;
}

void add_block(const Table& table, const BlockFilter& filter, const Block& block,
               LiveFigures& figures) {
    const std::uint64_t mean = table.status.sample_bytes;
    const bool weighted = mean != 0 && abi::is_sampled(block.stack);
    abi::Weight weight = {block.size, 1};
    if (weighted)
        weight = abi::weight_of(block.size, mean);
    else if (mean != 0)  // a row may have both kinds
        weight = {block.size << abi::kWeightByteBits, 1u << abi::kWeightCountBits};
    figures.size = add(figures.size, static_cast<std::int64_t>(weight.bytes));
    figures.count = add(figures.count, static_cast<std::int64_t>(weight.count));
    figures.samples += weighted ? 1 : 0;
    const ChosenBlocks::Held held = filter.held_by(table, block);
    if (held.count == 0) return;
    // As many times as the block stands for itself.
    const std::uint64_t times = mean == 0 ? 1 : weight.count;
    figures.held_size = add(figures.held_size, static_cast<std::int64_t>(held.size * times));
    figures.held_count = add(figures.held_count, static_cast<std::int64_t>(held.count * times));
}

void finish(const Table& table, LiveFigures& figures) {
    if (table.status.sample_bytes == 0) return;
    finish(figures.size, abi::kWeightByteBits);
    for (std::int64_t* figure : {&figures.count, &figures.held_size, &figures.held_count})
        finish(*figure, abi::kWeightCountBits);
}

std::vector<std::uint32_t> places_of_traces(const Table& table) {
    std::vector<std::uint32_t> places;
    for (std::size_t i = 0; i < table.traces.size(); ++i) {
        const std::uint32_t id = table.traces[i].id;
        if (id >= places.size()) places.resize(id + 1);
        places[id] = static_cast<std::uint32_t>(i + 1);
    }
    return places;
}

TracesOfBlocks::TracesOfBlocks(const Table& table)
    : table_(table), places_(places_of_traces(table)) {
    none_.id = abi::kStackNotSampled;
}

std::optional<std::uint32_t> TracesOfBlocks::place_of(const Block& block) const {
    const std::uint32_t place = block.stack < places_.size() ? places_[block.stack] : 0;
    if (place != 0) return place - 1;
    const bool sampled = table_.status.sample_bytes != 0;
    return sampled && block.stack == none_.id ? std::optional(not_sampled()) : std::nullopt;
}

Result<std::vector<LiveFigures>> figures_of_blocks(const Table& table, const BlockFilter& filter,
                                                   const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::vector<LiveFigures> figures(table.traces.size());
    const std::vector<std::uint32_t> places = places_of_traces(table);
    for (const Block& block : table.blocks) {
        if (stop()) return interrupted_error();
        if (block.stack >= places.size() || places[block.stack] == 0) continue;
        if (filter.keeps(table, block))
            add_block(table, filter, block, figures[places[block.stack] - 1]);
    }
    for (LiveFigures& own : figures) finish(table, own);
    return figures;
}

std::uint64_t count_unstamped(const Table& table) {
    return static_cast<std::uint64_t>(
        std::count_if(table.blocks.begin(), table.blocks.end(),
                      [&](const Block& block) { return table.detail_of(block).stamp == 0; }));
}

}  // namespace mt::core
