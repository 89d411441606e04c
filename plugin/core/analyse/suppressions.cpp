// SPDX-License-Identifier: MIT
//
// See suppressions.h.
#include "analyse/suppressions.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/text.h"

namespace mt::core {
namespace {

constexpr std::string_view kType = "leak:";
constexpr std::string_view kSpace = " \t\r";

std::string_view stripped(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

bool matches_template(std::string_view pattern, std::string_view text) {
    const bool from_start = pattern.starts_with('^');
    if (from_start) pattern.remove_prefix(1);
    const bool to_end = pattern.ends_with('$');
    if (to_end) pattern.remove_suffix(1);
    bool is_bound = from_start;  // the next part must stand where `text` begins
    while (true) {
        const std::size_t star = std::min(pattern.find('*'), pattern.size());
        const std::string_view part = pattern.substr(0, star);
        const bool is_last = star == pattern.size();
        if (is_last && to_end && !is_bound) return text.ends_with(part);
        const std::size_t at =
            is_bound ? (text.starts_with(part) ? 0 : std::string_view::npos) : text.find(part);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + part.size());
        if (is_last) return !to_end || text.empty();
        pattern.remove_prefix(star + 1);
        is_bound = false;
    }
}

Result<Suppressions> Suppressions::parse(std::string_view text, std::string_view name) {
    Suppressions found;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = stripped(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        if (!line.starts_with(kType) || line.size() == kType.size())
            return fail(Code::usage, fmt::format("{}, line {}: a suppression is leak:PATTERN, not "
                                                 "{}",
                                                 printable(name), number, printable(line)));
        found.patterns_.emplace_back(line.substr(kType.size()));
    }
    return found;
}

bool Suppressions::matches(const FrameBook& book, FrameId id) const {
    const Frame& frame = book[id];
    for (const TextId text : {frame.function, frame.file, frame.module}) {
        const std::string& name = book.text(text);
        const auto fits = [&name](const std::string& pattern) {
            return matches_template(pattern, name);
        };
        if (text != 0 && std::any_of(patterns_.begin(), patterns_.end(), fits)) return true;
    }
    return false;
}

bool Suppressions::match(const FrameBook& book, const std::vector<TraceFrame>& frames) {
    known_.resize(std::max(known_.size(), book.size()), -1);
    for (const TraceFrame& frame : frames) {
        std::int8_t& known = known_[frame.id];
        if (known < 0) known = matches(book, frame.id) ? 1 : 0;
        if (known != 0) return true;
    }
    return false;
}

}  // namespace mt::core
