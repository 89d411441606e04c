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

}  // namespace mt::core
