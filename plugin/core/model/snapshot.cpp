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

}  // namespace mt::core
