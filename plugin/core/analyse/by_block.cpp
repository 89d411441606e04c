// SPDX-License-Identifier: MIT
//
// See by_block.h.
#include "analyse/by_block.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "model/wrapping.h"

namespace mt::core {

Result<std::vector<RowOfBlocks>> blocks_by(const Table& table, const BlockFilter& filter,
                                           const KeyOfBlock& key, const KeepsTrace& keeps,
                                           const Interrupted& interrupted) {
    const TracesOfBlocks places(table);
    std::vector<bool> kept(table.traces.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept[i] = MT_TRY(keeps(static_cast<std::uint32_t>(i)));
    }
    // Where no traceback is left out nothing is estimated: all blocks are known.
    const bool exact = std::find(kept.begin(), kept.end(), false) == kept.end();
    Stride stop(interrupted);
    std::vector<RowOfBlocks> rows;
    std::unordered_map<std::uint64_t, std::size_t> index;
    for (const Block& block : table.blocks) {
        if (stop()) return interrupted_error();
        const auto place = places.place_of(block);
        const bool has_row = place && *place != places.not_sampled();
        if (!place || !(has_row ? kept[*place] : exact) || !filter.keeps(table, block)) continue;
        const auto [entry, is_new] = index.try_emplace(key(block), rows.size());
        if (is_new) rows.emplace_back().key = entry->first;
        RowOfBlocks& row = rows[entry->second];
        if (exact) {
            row.live.size = add(row.live.size, static_cast<std::int64_t>(block.size));
            ++row.live.count;
            const ChosenBlocks::Held held = filter.held_by(table, block);
            row.live.held_size = add(row.live.held_size, static_cast<std::int64_t>(held.size));
            row.live.held_count = add(row.live.held_count, static_cast<std::int64_t>(held.count));
        } else {
            add_block(table, filter, block, row.live);
        }
        // A flag per row and trace would be too many: there may be a row for each block.
        if (has_row && (row.traces.empty() || row.traces.back() != *place))
            row.traces.push_back(*place);
    }
    for (RowOfBlocks& row : rows) {
        if (stop()) return interrupted_error();
        if (!exact) finish(table, row.live);
        auto& traces = row.traces;
        MT_TRY(sort_unless_stopped(traces.begin(), traces.end(), std::less<>(), interrupted));
        traces.erase(std::unique(traces.begin(), traces.end()), traces.end());
    }
    return rows;
}

}  // namespace mt::core
