// SPDX-License-Identifier: MIT
//
// See block_report.h. Tracebacks are as in tracemalloc's crash dumps.
#include "show/block_report.h"

#include <fmt/format.h>

#include <algorithm>
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

std::string shown_text(const BlockReport& report, const ShownBlock& shown) {
    const Block& block = shown.block;
    std::string text = fmt::format("block {:#x}: size={}", block.address,
                                   format_size(static_cast<double>(block.size)));
    if (block.size >= 10240) text += fmt::format(" ({} B)", block.size);
    text += fmt::format(", offset {}\ndomain {}{}\n", report.address - block.address, shown.domain,
                        age_text(report.stamps, shown));
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

// Bytes between the end of the block below and the address, when they are few.
std::optional<std::uint64_t> gap(const BlockReport& report) {
    if (!report.below) return std::nullopt;
    const std::uint64_t end = report.below->address + report.below->size;
    const std::uint64_t bytes = report.address - end;
    if (report.address < end || bytes >= kNear) return std::nullopt;
    return bytes;
}

std::string hex(std::uint64_t address) { return fmt::format("{:#x}", address); }

Json facts(const ShownBlock& shown, std::optional<std::uint64_t> address) {
    Json json = Json::object();
    json["address"] = hex(shown.block.address);
    json["size"] = shown.block.size;
    if (address) json["offset"] = *address - shown.block.address;
    json["domain"] = shown.domain;
    json["mark"] = shown.stamp ? Json(shown.stamp->mark) : Json();
    json["sequence"] = shown.stamp ? Json(shown.stamp->sequence) : Json();
    json["thread"] = shown.thread.empty() ? Json() : Json(shown.thread);
    return json;
}

Json shown_json(const FrameBook& book, const ShownBlock& shown, std::uint64_t address) {
    Json json = facts(shown, address);
    json["traceback"] = traceback_json(book, KeyType::traceback, shown.traceback);
    return json;
}

}  // namespace

std::string age_text(bool stamps, const ShownBlock& shown) {
    if (!stamps) return "";
    if (!shown.stamp) return ", no stamp: allocated before stamps were on";
    const std::uint32_t mark = shown.stamp->mark;
    return fmt::format(", {}{}, allocation {}",
                       shown.thread.empty() ? "" : printable(shown.thread) + ", ",
                       mark == 0 ? "before any mark" : fmt::format("after mark {}", mark),
                       shown.stamp->sequence);
}

Json block_facts(const ShownBlock& shown) { return facts(shown, std::nullopt); }

std::string block_text(const BlockReport& report) {
    std::string text;
    for (const ShownBlock& shown : report.blocks) text += shown_text(report, shown);
    if (report.freed) {
        text += freed_text(report);
    } else if (report.place) {
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
    Json json = Json::object();
    json["schema"] = 1;
    json["command"] = "block";
    json["address"] = hex(report.address);
    Json blocks = Json::array();
    for (const ShownBlock& shown : report.blocks)
        blocks.push_back(shown_json(*report.book, shown, report.address));
    json["blocks"] = std::move(blocks);
    if (report.freed) {
        const ShownFreed& shown = *report.freed;
        json["freed"] = {
            {"address", hex(shown.block.address)},
            {"size", shown.block.size},
            {"offset", report.address - shown.block.address},
            {"frees_since", shown.block.since},
            {"thread", shown.thread.empty() ? Json() : Json(shown.thread)},
            {"allocated", traceback_json(*report.book, KeyType::traceback, shown.allocated)},
            {"freed", traceback_json(*report.book, KeyType::traceback, shown.freed)}};
    }
    if (report.place) {
        const Place& place = *report.place;
        Json where = Json::object();
        where["kind"] = place_name(place.kind);
        if (!place.thread.empty()) {
            where["thread"] = place.serial != 0 ? Json(place.serial) : Json();
            where["tid"] = place.tid != 0 ? Json(place.tid) : Json();
            where["debugger_thread"] = place.debuggers;
        }
        if (!place.module.empty()) where["module"] = place.module;
        if (!place.symbol.empty()) where["symbol"] = place.symbol;
        if (!place.symbol.empty()) where["symbol_offset"] = place.offset;
        json["place"] = std::move(where);
        if (const auto bytes = gap(report))
            json["below"] = {{"address", hex(report.below->address)},
                             {"size", report.below->size},
                             {"past_its_end", *bytes}};
    }
    json["remarks"] = remarks_json(report.remarks);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool holds(const Block& block, std::uint64_t address) {
    return address >= block.address &&
           address - block.address < std::max<std::uint64_t>(block.size, 1);
}

}  // namespace mt::core
