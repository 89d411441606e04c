// SPDX-License-Identifier: MIT
//
// See blocks.h.
#include "show/text/blocks.h"

#include <fmt/format.h>

#include <utility>

#include "model/text.h"
#include "show/blocks.h"
#include "show/text/parts.h"
#include "show/text/traceback.h"

namespace mt::core {
namespace {

std::string age_text(bool stamps, const ShownBlock& shown) {
    if (!stamps) return "";
    if (!shown.stamp) return ", no stamp: allocated before stamps were on";
    const std::uint32_t mark = shown.stamp->mark;
    return fmt::format(
        ", {}{}, allocation {}", shown.thread.empty() ? "" : printable(shown.thread) + ", ",
        mark == 0 ? "before any mark" : fmt::format("after mark {}", mark), shown.stamp->sequence);
}

std::string symbol_text(const Place& place) {
    if (place.symbol.empty()) return "";
    const std::string offset = place.offset == 0 ? "" : fmt::format("+{}", place.offset);
    return fmt::format(" ({}{})", printable(place.symbol), offset);
}

std::string place_text(const Place& place) {
    switch (place.kind) {
        case Place::Kind::stack:
            return fmt::format("on the stack of {}", printable(place.thread));
        case Place::Kind::dead_stack:
            return fmt::format("below the stack of {}, where calls that returned were",
                               printable(place.thread));
        case Place::Kind::module:
            return fmt::format("in {}{}", printable(place.module), symbol_text(place));
        case Place::Kind::unmapped:
            return "not mapped";
        case Place::Kind::not_in_core:
            return "not in this core";
        case Place::Kind::heap:
            return fmt::format("in a chunk of malloc's at {:#x}, size={}: {}", place.chunk,
                               format_size(static_cast<std::int64_t>(place.chunk_size)),
                               printable(place.state));
        case Place::Kind::other:
            break;
    }
    return "freed, allocated before the start, or not by malloc";
}

// "Order (vtable)"; empty: it is not known, or nobody asked.
std::string type_text(const FrameBook& book, const ShownBlock& shown) {
    if (shown.type.name == 0) return {};
    return fmt::format("{} ({})", printable(book.text(shown.type.name)),
                       kTypeSourceNames[static_cast<std::size_t>(shown.type.source)]);
}

std::string shown_text(const BlockReport& report, const ShownBlock& shown) {
    const Block& block = shown.block;
    std::string text = fmt::format("block {:#x}: size={}", block.address,
                                   format_size(static_cast<double>(block.size)));
    if (block.size >= 10240) text += fmt::format(" ({} B)", block.size);
    text += fmt::format(", offset {}\ndomain {}{}\n", report.address - block.address, shown.domain,
                        age_text(report.stamps, shown));
    const std::string type = type_text(*report.book, shown);
    if (!type.empty()) text += "type " + type + "\n";
    return text + "Memory block allocated at (most recent call first):\n" +
           traceback_text(*report.book, report.traceback, shown.traceback);
}

std::string freed_text(const BlockReport& report) {
    const ShownFreed& shown = *report.freed;
    const FreedBlock& block = shown.block;
    std::string text = fmt::format("{:#x}: in no live block; freed", report.address);
    if (!shown.thread.empty()) text += " by " + printable(shown.thread);
    text +=
        fmt::format(", {} free{} ago\nblock {:#x}: size={}, offset {}\n", block.since + 1,
                    block.since == 0 ? "" : "s", block.address,
                    format_size(static_cast<double>(block.size)), report.address - block.address);
    text += "Memory block allocated at (most recent call first):\n" +
            traceback_text(*report.book, report.traceback, shown.allocated);
    if (shown.freed.empty()) return text + "Where it was freed is not known.\n";
    return text + "Memory block freed at (most recent call first):\n" +
           traceback_text(*report.book, report.traceback, shown.freed);
}

std::string row_text(const BlocksReport& report, const ShownBlock& shown,
                     const std::string& place) {
    const std::string address =
        report.has_addresses ? fmt::format("{:#x}", shown.block.address) : "unknown address";
    std::string text =
        fmt::format("{}: size={}", address, format_size(static_cast<double>(shown.block.size)));
    if (shown.domain != 0) text += fmt::format(", domain {}", shown.domain);
    const std::string type = type_text(*report.book, shown);
    text += ", " + place + (type.empty() ? "" : ", " + type) + age_text(report.stamps, shown);
    if (report.around && holds(shown.block, *report.around))
        text += fmt::format(", offset {}", *report.around - shown.block.address);
    return text + "\n";
}

}  // namespace

std::string text_of(const BlockReport& report) {
    std::string text;
    for (const ShownBlock& shown : report.blocks) text += shown_text(report, shown);
    if (report.freed) {
        text += freed_text(report);
    } else if (report.place) {
        text +=
            fmt::format("{:#x}: in no live block; {}\n", report.address, place_text(*report.place));
        if (const auto bytes = gap_below(report))
            text += fmt::format("{} past the end of block {:#x}: size={}\n",
                                *bytes == 0 ? "just" : fmt::format("{} B", *bytes),
                                report.below->address,
                                format_size(static_cast<double>(report.below->size)));
    }
    return text + remarks_text(report.remarks);
}

Result<void> write_text(const BlocksReport& report, const Sink& sink) {
    KeptTexts places;
    bool is_past = !report.around;
    const auto past_address = [&]() -> Result<void> {
        if (std::exchange(is_past, true)) return {};
        return sink(fmt::format("{:#x}: in no live block\n", *report.around));
    };
    const auto take = [&](const BlockRow& row) -> Result<void> {
        const auto make = [&]() -> Result<std::string> {
            const std::vector<RowFrame> frames = MT_TRY(row.traceback(1));
            return fmt::format("{}:{}", row_name(*report.book, frames.front()),
                               frames.front().line);
        };
        const std::string* place = MT_TRY(places.of(row.trace, make));
        const Block& block = row.shown.block;
        if (!is_past && block.address > *report.around) MT_TRY(past_address());
        is_past = is_past || holds(block, *report.around);
        return sink(row_text(report, row.shown, *place));
    };
    MT_TRY(report.each(take));
    MT_TRY(past_address());
    std::string text;
    if (report.other_count != 0)
        text += fmt::format("{} other: {}\n", report.other_count,
                            format_figures(report.other_size, report.other_count));
    return sink(text +
                fmt::format("Total: {}\n", format_figures(report.total_size, report.total_count)) +
                remarks_text(report.remarks));
}

}  // namespace mt::core
