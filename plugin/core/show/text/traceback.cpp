// SPDX-License-Identifier: MIT
//
// See traceback.h.
#include "show/text/traceback.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/text.h"
#include "show/names.h"

namespace mt::core {
namespace {

std::string stripped(const std::string& line) {
    const char* space = " \t\r\n\f\v";
    const auto first = line.find_first_not_of(space);
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_last_not_of(space) - first + 1);
}

std::string frame_text(const FrameBook& book, const TracebackFormat& format,
                       const RowFrame& frame) {
    std::string text = fmt::format("  File \"{}\", line {}", row_name(book, frame), frame.line);
    if (format.functions && frame.file != 0 && frame.function.value_or(0) != 0)
        text += ", in " + function_text(book.text(*frame.function));
    return text + "\n" + source_text(book, format.source_line, frame);
}

}  // namespace

std::string row_name(const FrameBook& book, const RowFrame& row) {
    const RowName parts = name_of_row(book, row);
    std::string name = printable(parts.before);
    if (!parts.function.empty()) name += function_text(parts.function);
    name += parts.after;
    if (row.plus_offset) name += fmt::format("+0x{:x}", *row.offset);
    return name;
}

std::string source_text(const FrameBook& book, const SourceLine& source_line,
                        const RowFrame& frame) {
    if (!source_line || frame.file == 0 || frame.line == 0) return {};
    const std::string line = stripped(source_line(book.text(frame.file), frame.line));
    return line.empty() ? line : "    " + escaped(line) + "\n";
}

std::vector<RowFrame> shown_frames(const TracebackFormat& format,
                                   const std::vector<RowFrame>& traceback) {
    const auto size = static_cast<std::int64_t>(traceback.size());
    const std::int64_t limit = std::clamp(format.limit.value_or(size), -size, size);
    // The most recent frame is the first one.
    auto begin = traceback.begin(), end = traceback.end();
    if (limit >= 0)
        end = begin + limit;
    else
        begin = end + limit;
    std::vector<RowFrame> shown(begin, end);
    if (!format.most_recent_first) std::reverse(shown.begin(), shown.end());
    return shown;
}

std::string traceback_text(const FrameBook& book, const TracebackFormat& format,
                           const std::vector<RowFrame>& traceback) {
    std::string text;
    for (const RowFrame& frame : shown_frames(format, traceback))
        text += frame_text(book, format, frame);
    return text;
}

}  // namespace mt::core
