// SPDX-License-Identifier: MIT
//
// See edges.h.
#include "graph/edges.h"

namespace mt::core::graph {

Result<Edges> reversed(const Edges& edges, const Interrupted& interrupted) {
    Edges back;
    back.offsets.resize(edges.offsets.size());
    back.targets.resize(edges.targets.size());
    Stride stop(interrupted);
    for (const Target target : edges.targets) {
        if (stop()) return interrupted_error();
        ++back.offsets[block_of(target)];
    }
    std::uint64_t end = 0;
    for (std::uint64_t& offset : back.offsets) {
        end += offset;
        offset = end;
    }
    // Each offset is the end of its block's part now, and its beginning when that is full.
    for (Number from = edges.blocks(); from-- > 0;) {
        if (stop()) return interrupted_error();
        for (const Target target : edges.of(from))
            back.targets[--back.offsets[block_of(target)]] = from | (target & kInterior);
    }
    return back;
}

Result<std::vector<Number>> holders_of(const Edges& edges, Number block,
                                       const Interrupted& interrupted) {
    std::vector<Number> holders;
    Stride stop(interrupted);
    for (Number from = 0; from < edges.blocks(); ++from) {
        if (stop()) return interrupted_error();
        for (const Target target : edges.of(from)) {
            if (block_of(target) != block) continue;
            holders.push_back(from);
            break;
        }
    }
    return holders;
}

}  // namespace mt::core::graph
