// SPDX-License-Identifier: MIT
//
// See block_report.h. Tracebacks are as in tracemalloc's crash dumps.
#include "show/block_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "show/report.h"
#include "show/text.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kNear = 256;  // further from its end a block explains nothing

std::string symbol_text(const Place& place) {
    if (place.symbol.empty()) return "";
    const std::string offset = place.offset == 0 ? "" : fmt::format("+{}", place.offset);
    return fmt::format(" ({}{})", printable(place.symbol), offset);
}

std::string place_text(const Place& place) {
    switch (place.kind) {
        case Place::Kind::stack:
            return fmt::format("on the stack of thread {}", place.thread);
        case Place::Kind::dead_stack:
            return fmt::format("below the stack of thread {}, where calls that returned were",
                               place.thread);
        case Place::Kind::module:
            return fmt::format("in {}{}", printable(place.module), symbol_text(place));
        case Place::Kind::unmapped:
            return "not mapped";
        case Place::Kind::not_in_core:
            return "not in this core";
        case Place::Kind::other:
            break;
    }
    return "freed, allocated before the start, or not by malloc";
}

const char* place_name(Place::Kind kind) {
    switch (kind) {
        case Place::Kind::stack:
            return "stack";
        case Place::Kind::dead_stack:
            return "below-stack";
        case Place::Kind::module:
            return "module";
        case Place::Kind::unmapped:
            return "unmapped";
        case Place::Kind::not_in_core:
            return "not-in-core";
        case Place::Kind::other:
            break;
    }
    return "unknown";
}

std::string age_text(const BlockReport& report, const ShownBlock& shown) {
    if (!report.stamps) return "";
    if (!shown.stamp) return ", no stamp: allocated before stamps were on";
    return fmt::format(", {}generation {}, allocation {} of it",
                       shown.thread.empty() ? "" : printable(shown.thread) + ", ",
                       shown.stamp->generation, shown.stamp->sequence);
}

std::string shown_text(const BlockReport& report, const ShownBlock& shown) {
    const Block& block = shown.block;
    std::string text = fmt::format("block {:#x}: size={}", block.address,
                                   format_size(static_cast<double>(block.size)));
    if (block.size >= 10240) text += fmt::format(" ({} B)", block.size);
    text += fmt::format(", offset {}\ndomain {}{}\n", report.address - block.address, shown.domain,
                        age_text(report, shown));
    return text + "Memory block allocated at (most recent call first):\n" +
           traceback_text(*report.book, report.traceback, shown.traceback);
}

// Bytes between the end of the block below and the address, when they are few.
std::optional<std::uint64_t> gap(const BlockReport& report) {
    if (!report.below) return std::nullopt;
    const std::uint64_t end = report.below->address + report.below->size;
    const std::uint64_t bytes = report.address - end;
    if (report.address < end || bytes >= kNear) return std::nullopt;
    return bytes;
}

std::string hex(std::uint64_t address) { return fmt::format("{:#x}", address); }

Json shown_json(const BlockReport& report, const ShownBlock& shown) {
    Json json;
    json["address"] = hex(shown.block.address);
    json["size"] = shown.block.size;
    json["offset"] = report.address - shown.block.address;
    json["domain"] = shown.domain;
    json["generation"] = shown.stamp ? Json(shown.stamp->generation) : Json();
    json["sequence"] = shown.stamp ? Json(shown.stamp->sequence) : Json();
    json["thread"] = shown.thread.empty() ? Json() : Json(shown.thread);
    json["traceback"] = traceback_json(*report.book, KeyType::traceback, shown.traceback);
    return json;
}

}  // namespace

std::string block_text(const BlockReport& report) {
    std::string text;
    for (const ShownBlock& shown : report.blocks) text += shown_text(report, shown);
    if (report.place) {
        text +=
            fmt::format("{:#x}: in no live block; {}\n", report.address, place_text(*report.place));
        if (const auto bytes = gap(report))
            text += fmt::format("{} past the end of block {:#x}: size={}\n",
                                *bytes == 0 ? "just" : fmt::format("{} B", *bytes),
                                report.below->address,
                                format_size(static_cast<double>(report.below->size)));
    }
    return text + remarks_text(report.remarks);
}

std::string block_json(const BlockReport& report) {
    Json json;
    json["schema"] = 1;
    json["command"] = "block";
    json["address"] = hex(report.address);
    Json blocks = Json::array();
    for (const ShownBlock& shown : report.blocks) blocks.push_back(shown_json(report, shown));
    json["blocks"] = std::move(blocks);
    if (report.place) {
        const Place& place = *report.place;
        Json where;
        where["kind"] = place_name(place.kind);
        if (place.thread != 0) where["thread"] = place.thread;
        if (!place.module.empty()) where["module"] = place.module;
        if (!place.symbol.empty()) where["symbol"] = place.symbol;
        if (!place.symbol.empty()) where["symbol_offset"] = place.offset;
        json["place"] = std::move(where);
        if (const auto bytes = gap(report))
            json["below"] = {{"address", hex(report.below->address)},
                             {"size", report.below->size},
                             {"past_its_end", *bytes}};
    }
    Json remarks = Json::array();
    for (const Remark& remark : report.remarks)
        remarks.push_back({{"code", remark.code}, {"text", remark.text}, {"count", remark.count}});
    json["remarks"] = std::move(remarks);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mt::core
