// SPDX-License-Identifier: MIT
//
// Which leaks are known and wanted: LeakSanitizer's suppressions
// (https://clang.llvm.org/docs/AddressSanitizer.html#suppressing-memory-leaks). A line is
// "leak:PATTERN"; it is for each traceback of which a frame's function, file or module has
// PATTERN in it. * stands for anything, ^ and $ for the name's beginning and end; empty lines
// and those with # count for nothing.
#ifndef MEMTRACE_CORE_ANALYSE_SUPPRESSIONS_H
#define MEMTRACE_CORE_ANALYSE_SUPPRESSIONS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/frames.h"
#include "model/error.h"
#include "symbols/frame.h"

namespace mt::core {

class Suppressions {
  public:
    // `name` is the file's, for messages, which have the line's number.
    static Result<Suppressions> parse(std::string_view text, std::string_view name);

    bool is_empty() const { return patterns_.empty(); }
    // `frames`: nothing skipped. What is known of a frame is kept; one book for all calls.
    bool match(const FrameBook& book, const std::vector<TraceFrame>& frames);

  private:
    bool matches(const FrameBook& book, FrameId id) const;

    std::vector<std::string> patterns_;
    std::vector<std::int8_t> known_;  // by FrameId; -1 = not decided
};

// As LeakSanitizer compares; never slower than the product of the lengths.
bool matches_template(std::string_view pattern, std::string_view text);

}  // namespace mt::core

#endif
