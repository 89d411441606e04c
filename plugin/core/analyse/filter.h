// SPDX-License-Identifier: MIT
//
// Which traces a report is about: tracemalloc's Filter and DomainFilter
// (https://docs.python.org/3/library/tracemalloc.html#filter), and the same by
// function and module. Looks at names only; groups nothing.
#ifndef MEMTRACE_CORE_ANALYSE_FILTER_H
#define MEMTRACE_CORE_ANALYSE_FILTER_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyse/frames.h"
#include "symbols/frame.h"

namespace mt::core {

enum class FilterBy : std::uint8_t { file, function, module, domain };

struct Filter {
    FilterBy by = FilterBy::file;
    bool inclusive = true;
    // Shell glob over the whole name, of a frame without line information over
    // what its row shows. A function matches with and without its parameters, a
    // module with and without its folder.
    std::string pattern;
    std::optional<std::uint64_t> line;  // of file; 0 matches only line 0
    bool all_frames = false;            // any frame, not only the most recent
    // As people type it: also the last part of a path, and of a function its last component or
    // the name that reports show.
    bool is_loose = false;
    // Of file: an inclusive filter matches only there, an exclusive one rejects
    // only there. Of domain: the one that is meant.
    std::optional<std::uint32_t> domain;
};

// One call of filter_traces(): a trace is kept if any inclusive filter matches
// it, or there is none, and no exclusive one rejects it.
using FilterList = std::vector<Filter>;

// Several calls, one after the other, at work on the names of one book.
class TraceFilter {
  public:
    TraceFilter(const FrameBook& book, const std::vector<FilterList>& lists);

    bool is_empty() const { return lists_.empty(); }
    // Frames that keeps() must be given, if the trace has them: 0, 1 or all.
    enum class Needs : std::uint8_t { nothing, recent, all };
    Needs needs() const { return needs_; }
    // `frames`: most recent first.
    bool keeps(const std::vector<TraceFrame>& frames, std::uint32_t domain);

  private:
    struct Known {
        Filter filter;
        std::vector<std::int8_t> frames;  // by FrameId; -1 = not decided
    };
    bool matches_frame(Known& known, FrameId frame) const;
    bool matches(Known& known, const std::vector<TraceFrame>& frames, std::uint32_t domain) const;

    const FrameBook& book_;
    std::vector<std::vector<Known>> lists_;
    Needs needs_ = Needs::nothing;
};

}  // namespace mt::core

#endif
