// SPDX-License-Identifier: MIT
//
// The few questions that the model answers by itself. Reads no memory.
#include "model/snapshot.h"

#include "abi/layout.h"

namespace mt::core {

std::vector<Pc> Table::frames(std::uint32_t node) const {
    std::vector<Pc> result;
    while (node >= abi::kReservedNodes && node < nodes.size() && node < parents.size()) {
        result.push_back(nodes[node]);
        // The reader has checked this; a table made by hand could still loop.
        if (parents[node] >= node) break;
        node = parents[node];
    }
    return result;
}

std::uint32_t Table::place_of(const BlockDetail& detail) {
    if (detail == details.front()) return 0;
    // Neighbours without stamps are often of one domain.
    if (!(detail == details.back())) details.push_back(detail);
    return static_cast<std::uint32_t>(details.size() - 1);
}

void Table::count_totals() {
    current_size = current_count = peak_size = peak_count = 0;
    for (const Trace& trace : traces) {
        current_size += trace.size;
        current_count += trace.count;
        peak_size += trace.peak_size;
        peak_count += trace.peak_count;
    }
}

}  // namespace mt::core
