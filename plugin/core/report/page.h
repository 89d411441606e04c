// SPDX-License-Identifier: MIT
//
// What mt report writes as a page, as values: a tree of frames, the stacks that end in it with
// their figures, tables of what else is known. Knows no file and no markup.
#ifndef MEMTRACE_CORE_REPORT_PAGE_H
#define MEMTRACE_CORE_REPORT_PAGE_H

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "analyse/frames.h"
#include "model/snapshot.h"
#include "report/rows.h"

namespace mt::core {

// One of the figures that a page switches between, by stack.
struct PageMeasure {
    std::string id;    // "live", "peak", "total"; of a difference "new", "old"; "lost", "held"
    std::string name;  // for people
    std::vector<Amount> amounts;
};

// Of the tree; its parent stands before it. Node 0 is the root, of no frame.
struct PageNode {
    std::uint32_t parent = 0;
    std::uint32_t frame = 0;  // index into PageReport::frames
};

enum class PageUnit : std::uint8_t { text, bytes, count };
struct PageColumn {
    std::string name;
    PageUnit unit = PageUnit::text;
};
using PageCell = std::variant<std::string, std::int64_t>;
struct PageTable {
    std::string id, name, note;
    std::vector<PageColumn> columns;
    std::vector<std::vector<PageCell>> rows;
};

struct PageReport {
    std::string kind;  // "snapshot", "peak", "diff" or "leaks"
    std::string title, subtitle;
    const FrameBook* book = nullptr;
    std::vector<RowFrame> frames;
    std::vector<PageNode> nodes;
    std::vector<std::uint32_t> stacks;  // the node of the most recent frame of each
    std::vector<PageMeasure> measures;  // the first one is shown first
    std::vector<PageTable> tables;
    std::vector<Remark> remarks;
    SourceLine source_line;  // may be empty
};

}  // namespace mt::core

#endif
