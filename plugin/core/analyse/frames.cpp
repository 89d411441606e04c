// SPDX-License-Identifier: MIT
//
// See frames.h.
#include "analyse/frames.h"

#include "abi/layout.h"

namespace mt::core {

RowFrame row_of(const FrameBook& book, const TraceFrame& at, bool raw) {
    const Frame& frame = book[at.id];
    RowFrame row;
    row.label = frame.label;
    row.line = frame.line;
    row.file = frame.file;
    row.function = frame.function;
    row.module = frame.module;
    const bool code = frame.module != 0 || frame.function != 0;
    row.plus_offset = raw && !frame.has_file() && code && !frame.is_place;
    if (code) row.offset = at.offset;
    return row;
}

Result<const std::vector<TraceFrame>*> FrameWalk::frames(const Trace& trace, std::size_t wanted) {
    wanted_ = wanted;
    pcs_.clear();
    found_.clear();
    if (trace.id < abi::kReservedStacks) {
        found_.push_back({resolver_.symboliser().reserved(trace.id), 0});
        return &found_;
    }
    collect(trace.node);
    MT_TRY(from(0, !raw_));
    if (found_.empty() && !pcs_.empty()) MT_TRY(from(first_outside_base(), false));
    if (found_.empty()) found_.push_back({});
    return &found_;
}

void FrameWalk::collect(std::uint32_t node) {
    const Table& table = resolver_.table();
    while (node >= abi::kReservedNodes && node < table.nodes.size() &&
           node < table.parents.size() && pcs_.size() < abi::kMaxFrames) {
        pcs_.push_back(table.nodes[node]);
        if (table.parents[node] >= node) break;
        node = table.parents[node];
    }
}

const std::string& FrameWalk::path_of(Pc pc) const {
    static const std::string none;
    const auto& modules = resolver_.table().modules;
    return pc.module == 0 || pc.module >= modules.size() ? none : modules[pc.module].path;
}

// Adds frames from the index-th on; with `skipping`, after the machinery's run.
Result<void> FrameWalk::from(std::size_t index, bool skipping) {
    for (; index < pcs_.size() && found_.size() < wanted_; ++index) {
        if (skipping && skip_.skips_module(path_of(pcs_[index]))) continue;
        if (hides_ && !found_.empty() && skip_.hides_module(path_of(pcs_[index]))) continue;
        const Location* location = MT_TRY(resolver_.resolve(pcs_[index]));
        for (FrameId frame : location->frames) {
            if (found_.size() >= wanted_) break;
            if (skipping && skip_.skips_frame(resolver_.book(), frame)) continue;
            skipping = false;
            // The most recent frame is shown whatever it is.
            if (hides_ && !found_.empty() && skip_.hides_frame(resolver_.book(), frame)) continue;
            found_.push_back({frame, location->offset});
        }
    }
    return {};
}

std::size_t FrameWalk::first_outside_base() const {
    for (std::size_t i = 0; i < pcs_.size(); ++i)
        if (!skip_.is_base(path_of(pcs_[i]))) return i;
    return 0;
}

}  // namespace mt::core
