// SPDX-License-Identifier: MIT
//
// See profile_columns.h.
#include "save/profile_columns.h"

#include <fmt/format.h>

#include <array>

#include "model/text.h"
#include "save/profile_format.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMostBelieved = std::uint64_t{1} << 62;

struct Known {
    std::string_view type;
    std::int64_t SampleFigures::*figure;
    bool is_size;
};

// "space" and "objects" are tcmalloc's words for what is live.
constexpr std::array<Known, 11> kKnown = {{
    {format::kAllocObjects, &SampleFigures::alloc_count, false},
    {format::kAllocSpace, &SampleFigures::alloc_size, true},
    {format::kInuseObjects, &SampleFigures::count, false},
    {format::kInuseSpace, &SampleFigures::size, true},
    {"objects", &SampleFigures::count, false},
    {"space", &SampleFigures::size, true},
    {format::kPeakObjects, &SampleFigures::peak_count, false},
    {format::kPeakSpace, &SampleFigures::peak_size, true},
    {format::kTemporaryObjects, &SampleFigures::temporary_count, false},
    {format::kSamples, &SampleFigures::samples, false},
    {format::kPeakSamples, &SampleFigures::peak_samples, false},
}};

std::int64_t scale_of(std::string_view unit) {
    if (unit == "kilobytes") return std::int64_t{1} << 10;
    if (unit == "megabytes") return std::int64_t{1} << 20;
    return 1;
}

}  // namespace

Result<ProfileColumns> ProfileColumns::of(
    const std::vector<std::pair<std::string_view, std::string_view>>& types) {
    ProfileColumns made;
    bool has_heap = false;
    std::string names;
    for (const auto& [type, unit] : types) {
        names += fmt::format("{}{}/{}", names.empty() ? "" : ", ", type, unit);
        Column& column = made.columns_.emplace_back();
        for (const Known& known : kKnown) {
            if (known.type != type) continue;
            column.figure = known.figure;
            column.scale = known.is_size ? scale_of(unit) : 1;
            const bool is_alloc = known.figure == &SampleFigures::alloc_count ||
                                  known.figure == &SampleFigures::alloc_size;
            made.has_allocations_ = made.has_allocations_ || is_alloc;
            // "samples" is of CPU profiles too.
            has_heap =
                has_heap || is_alloc || known.is_size || known.figure == &SampleFigures::count;
        }
    }
    if (has_heap) return made;
    if (types.empty()) return fail(Code::io, "it is no pprof profile");
    return fail(Code::io, fmt::format("it is no heap profile: its sample types are {}, and none of "
                                      "inuse_space, inuse_objects, alloc_space, alloc_objects",
                                      names));
}

bool ProfileColumns::take(const std::vector<std::int64_t>& values, SampleFigures& figures) const {
    if (values.size() != columns_.size()) return false;
    figures = {};
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (columns_[i].figure == nullptr) continue;
        // Of two columns that mean the same the last one counts.
        figures.*columns_[i].figure = static_cast<std::int64_t>(
            static_cast<std::uint64_t>(values[i]) * static_cast<std::uint64_t>(columns_[i].scale));
    }
    return true;
}

bool Believed::add(std::int64_t figure) {
    const auto value = static_cast<std::uint64_t>(figure);
    return add(figure < 0 ? 0 - value : value, 1);
}

bool Believed::add(std::uint64_t figure, std::uint64_t times) {
    if (times != 0 && figure > (kMostBelieved - sum_) / times) return false;
    sum_ += figure * times;
    return true;
}

Remark estimated_remark(std::uint64_t period) {
    return {"estimates",
            fmt::format("all figures are estimates: the profile is of a sample (one allocation "
                        "every {} on average)",
                        format_size(static_cast<double>(period))),
            period};
}

}  // namespace mt::core
