// SPDX-License-Identifier: MIT
//
// The frames of a trace as reports see them: the allocation machinery skipped
// (docs/invariants.md), inlined frames expanded, cut to the frame limit. Resolves from
// the innermost frame outwards and no further than wanted. Groups nothing.
#ifndef MEMTRACE_CORE_ANALYSE_FRAMES_H
#define MEMTRACE_CORE_ANALYSE_FRAMES_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyse/skip.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "symbols/symboliser.h"

namespace mt::core {

struct TraceFrame {
    FrameId id = 0;
    std::uint64_t offset = 0;  // ELF virtual address of the calling instruction
};

// One frame of a row, named. `label` and `line` are what rows are grouped by.
struct RowFrame {
    TextId label = 0;
    std::uint32_t line = 0;  // by domain: its number
    TextId file = 0;
    std::optional<TextId> function;
    std::optional<TextId> module;
    std::optional<std::uint64_t> offset;  // ELF virtual address; by size: the least in the row
    bool plus_offset = false;             // the offset is part of the key (raw)
};

// `raw`: the offset tells frames without a line apart.
RowFrame row_of(const FrameBook& book, const TraceFrame& at, bool raw);

class FrameWalk {
  public:
    // `raw`: nothing is skipped. `hides`: nor are other frames given that nobody asks about.
    FrameWalk(Resolver& resolver, SkipRules& skip, bool raw, bool hides = false)
        : resolver_(resolver), skip_(skip), raw_(raw), hides_(hides && !raw) {}

    // Most recent first, at most `wanted` (not 0), never empty. Valid until the next call.
    // Errors: interrupted only.
    Result<const std::vector<TraceFrame>*> frames(const Trace& trace, std::size_t wanted);

  private:
    void collect(std::uint32_t node);
    const std::string& path_of(Pc pc) const;
    Result<void> from(std::size_t index, bool skipping);
    std::size_t first_outside_base() const;

    Resolver& resolver_;
    SkipRules& skip_;
    bool raw_;
    bool hides_;
    std::size_t wanted_ = 1;
    std::vector<Pc> pcs_;
    std::vector<TraceFrame> found_;
};

}  // namespace mt::core

#endif
