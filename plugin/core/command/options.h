// SPDX-License-Identifier: MIT
//
// Options that several verbs have, with their words for help. What they mean is view.h's.
#ifndef MEMTRACE_CORE_COMMAND_OPTIONS_H
#define MEMTRACE_CORE_COMMAND_OPTIONS_H

#include <string_view>
#include <vector>

#include "command/parse.h"

namespace mt::core {

inline const Option kJson = {"--json", "", "", Level::none, "one JSON document instead of text"};
inline const Option kTable = {"--table", "", "", Level::none, "a table, one line per row"};
inline const Option kText = {"--text", "", "", Level::none, "tracemalloc's text, not a table"};
inline const Option kWide = {"--wide", "", "", Level::none, "a table that is not cut"};
inline const Option kBy = {
    "--by", "", "KEY", Level::row,
    "group by lineno (default), filename, traceback, function, module, domain, thread, type, "
    "size (from one power of two to the next) or size=exact"};
inline const Option kCumulative = {"--cumulative", "", "", Level::row,
                                   "charge every frame of a traceback, not only the most recent"};
inline const Option kSort = {
    "--sort", "", "ORDER", Level::row,
    "size (default), count, or all allocations so far: total-size, total-count"};
inline const Option kTop = {"--top", "-n", "N", Level::row, "show N rows, 0 = all (default 10)"};
inline const Option kFilter = {"--filter", "", "GLOB[:LINE]", Level::row,
                               "only traces of these files; again: or of those"};
inline const Option kExclude = {"--exclude", "", "GLOB[:LINE]", Level::row,
                                "no traces of these files; again: nor of those"};
inline const Option kAllFrames = {"--all-frames", "", "", Level::row,
                                  "filters look at every frame, not only at the most recent"};
inline const Option kFunction = {"--function", "", "GLOB", Level::row,
                                 "only traces of these functions"};
inline const Option kModule = {"--module", "", "GLOB", Level::row,
                               "only traces of these libraries or programs"};
inline const Option kDomain = {"--domain", "", "N", Level::row,
                               "only this domain (0: the heap; others: memtrace_track)"};
inline const Option kMinSize = {"--min-size", "", "BYTES", Level::block,
                                "only blocks of BYTES and more"};
inline const Option kSince = {"--since", "", "MARK", Level::block,
                              "only blocks allocated at MARK or later"};
inline const Option kUntil = {"--until", "", "MARK", Level::block,
                              "only blocks allocated before MARK"};
inline const Option kThread = {
    "--thread", "", "ID|NAME", Level::block,
    "only what this thread allocated; again: or that; with --sort total-size "
    "or total-count its own totals"};
inline const Option kSource = {"--source", "", "", Level::row, "the source line under each entry"};
inline const Option kRaw = {"--raw", "", "", Level::row,
                            "no skipping of allocation functions; offsets where no line is known"};
inline const Option kLimit = {"--limit", "", "N", Level::row,
                              "show the N most recent frames of a traceback; -N: the N oldest"};
inline const Option kRecentFirst = {"--most-recent-first", "", "", Level::row,
                                    "frames of a traceback in this order, not oldest first"};
inline const Option kBlocks = {"--blocks", "", "", Level::block,
                               "also keep the single live blocks"};

// The forms that rows can have.
std::vector<Option> form_options();
// Of a report of rows; `more` stand before those about how it is shown.
std::vector<Option> report_options(std::vector<Option> more = {});
std::vector<Option> without(std::vector<Option> options, std::string_view name);

}  // namespace mt::core

#endif
