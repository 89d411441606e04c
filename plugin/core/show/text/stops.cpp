// SPDX-License-Identifier: MIT
//
// See stops.h.
#include "show/text/stops.h"

#include <fmt/format.h>

#include <array>

#include "model/text.h"
#include "show/text/scope.h"
#include "show/text/traceback.h"

namespace mt::core {
namespace {

// Without rounding: "500 MiB", "1000000 B".
std::string exact_size(std::uint64_t bytes) {
    constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0; ++unit) bytes /= 1024;
    return fmt::format("{} {}", bytes, kUnits[unit]);
}

std::string place_of(const FrameBook& book, const TraceFrame& site) {
    const Frame& frame = book[site.id];
    return fmt::format("{}:{}", printable(book.text(frame.label)), frame.line);
}

std::string block_text(const MetCondition& met) {
    return fmt::format("block {:#x}, {} B", met.address, met.size);
}

// "total 501 MiB >= 500 MiB": the figure, and what it had to reach.
std::string reached_text(const MetCondition& met) {
    const Condition& condition = met.condition;
    const std::string text = condition_text(condition);
    const auto sign = text.find(" >= ");
    const std::string figure = condition.is(abi::kWatchCount)
                                   ? std::to_string(met.figure)
                                   : format_size(static_cast<double>(met.figure));
    return fmt::format("{} {}{}", text.substr(0, sign), figure, text.substr(sign));
}

std::string failure_text(const MetCondition& met) {
    if (met.size == ~std::uint64_t{0}) return "a product of two sizes overflows; it failed";
    return fmt::format("an allocation of {} B failed", met.size);
}

std::string watched_text(const FrameBook& book, const Condition& condition) {
    if (!condition.block) return "";
    std::string text =
        fmt::format(", {} B, allocated at (most recent call last):\n{}", condition.block->size,
                    traceback_text(book, {}, condition.block->traceback));
    while (text.back() == '\n') text.pop_back();
    return text;
}

std::string hit_text(const FrameBook& book, const MetCondition& met) {
    const Condition& condition = met.condition;
    if (condition.at_exit)
        return condition_text(condition) +
               (met.live ? "; live: " + format_figures(met.live->size, met.live->count) : "");
    if (condition.is_figure()) return fmt::format("{}; {}", reached_text(met), block_text(met));
    if (condition.is(abi::kWatchFree))
        return fmt::format("block {:#x} is about to be freed or moved{}", met.address,
                           watched_text(book, condition));
    std::vector<std::string> parts;
    if (condition.is(abi::kWatchFail)) parts.push_back(failure_text(met));
    if (condition.is(abi::kWatchSize))
        parts.push_back(fmt::format("size {} B >= {}", met.size, exact_size(condition.value)));
    if (condition.is(abi::kWatchSite)) parts.push_back("site " + place_of(book, met.site));
    if (condition.is(abi::kWatchThread)) parts.push_back(printable(condition.thread_title));
    if (condition.is(abi::kWatchFail)) return fmt::format("{}", fmt::join(parts, ", "));
    return fmt::format("{}; {}", fmt::join(parts, ", "), block_text(met));
}

}  // namespace

std::string condition_text(const Condition& condition) {
    if (condition.at_exit) return "the program is about to end";
    if (condition.is(abi::kWatchTotal))
        return fmt::format("total >= {}", exact_size(condition.value));
    if (condition.is(abi::kWatchPeak))
        return fmt::format("peak >= {}", exact_size(condition.value));
    if (condition.is(abi::kWatchCount)) return fmt::format("count >= {}", condition.value);
    if (condition.is(abi::kWatchFree)) return fmt::format("free of {:#x}", condition.value);
    std::vector<std::string> parts;
    if (condition.is(abi::kWatchFail)) parts.emplace_back("an allocation fails");
    if (condition.is(abi::kWatchSize))
        parts.push_back(fmt::format("size >= {}", exact_size(condition.value)));
    if (condition.is(abi::kWatchSite))
        parts.push_back(fmt::format("site {}", printable(condition.site_text)));
    if (condition.is(abi::kWatchThread)) parts.push_back(printable(condition.thread_title));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string stop_text(const FrameBook& book, const Stop& stop) {
    std::string text;
    if (stop.met)
        text =
            fmt::format("mt break {}: {}\n", stop.met->condition.number, hit_text(book, *stop.met));
    for (const auto& [name, call] : stop.ended) text += ended_text(name, call);
    return text;
}

}  // namespace mt::core
