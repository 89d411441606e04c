// SPDX-License-Identifier: MIT
//
// See filter.h.
#include "analyse/filter.h"

#include <algorithm>

#include "names/simplify.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

bool matches_path(const std::string& pattern, const std::string& path) {
    return !path.empty() && (glob_match(pattern, path) || glob_match(pattern, base_name(path)));
}

bool matches_function(const Filter& filter, const std::string& function) {
    if (function.empty()) return false;
    if (glob_match(filter.pattern, function) ||
        glob_match(filter.pattern, without_parameters(function)))
        return true;
    if (!filter.is_loose) return false;
    const std::string shown = simplified(function);
    return glob_match(filter.pattern, simple_name(function)) || glob_match(filter.pattern, shown) ||
           glob_match(filter.pattern, without_parameters(shown));
}

bool matches_label(const Filter& filter, const std::string& label) {
    return glob_match(filter.pattern, label) ||
           (filter.is_loose && glob_match(filter.pattern, base_name(label)));
}

bool matches_name(const FrameBook& book, const Filter& filter, const Frame& frame) {
    switch (filter.by) {
        case FilterBy::function:
            return matches_function(filter, book.text(frame.function));
        case FilterBy::module: {
            return matches_path(filter.pattern, book.text(frame.module)) ||
                   matches_path(filter.pattern, book.other_path(frame.module));
        }
        default:
            return (!filter.line || *filter.line == frame.line) &&
                   matches_label(filter, book.text(frame.label));
    }
}

}  // namespace

TraceFilter::TraceFilter(const FrameBook& book, const std::vector<FilterList>& lists)
    : book_(book) {
    for (const FilterList& list : lists) {
        if (list.empty()) continue;
        auto& made = lists_.emplace_back();
        for (const Filter& filter : list) {
            made.push_back({filter, {}});
            if (filter.by == FilterBy::domain) continue;
            needs_ = std::max(needs_, filter.all_frames ? Needs::all : Needs::recent);
        }
    }
}

bool TraceFilter::matches_frame(Known& known, FrameId frame) const {
    if (known.frames.size() < book_.size()) known.frames.resize(book_.size(), -1);
    std::int8_t& decided = known.frames[frame];
    if (decided < 0) decided = matches_name(book_, known.filter, book_[frame]) ? 1 : 0;
    return decided != 0;
}

// Of an exclusive filter: it does not reject.
bool TraceFilter::matches(Known& known, const std::vector<TraceFrame>& frames,
                          std::uint32_t domain) const {
    const Filter& filter = known.filter;
    if (filter.by == FilterBy::domain) return (domain == filter.domain) == filter.inclusive;
    const auto end = filter.all_frames || frames.empty() ? frames.end() : frames.begin() + 1;
    const bool found = std::any_of(frames.begin(), end, [&](const TraceFrame& frame) {
        return matches_frame(known, frame.id);
    });
    const bool result = found == filter.inclusive;
    if (!filter.domain) return result;
    return filter.inclusive ? result && domain == *filter.domain
                            : result || domain != *filter.domain;
}

bool TraceFilter::keeps(const std::vector<TraceFrame>& frames, std::uint32_t domain) {
    for (auto& list : lists_) {
        bool has_inclusive = false;
        bool included = false;
        for (Known& known : list) {
            const bool wanted = known.filter.inclusive;
            const bool result = matches(known, frames, domain);
            if (!wanted && !result) return false;
            has_inclusive = has_inclusive || wanted;
            included = included || (wanted && result);
        }
        if (has_inclusive && !included) return false;
    }
    return true;
}

}  // namespace mt::core
