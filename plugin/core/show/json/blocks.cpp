// SPDX-License-Identifier: MIT
//
// See blocks.h.
#include "show/json/blocks.h"

#include <fmt/format.h>

#include "show/blocks.h"
#include "show/json/stream.h"

namespace mt::core {
namespace {

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
        case Place::Kind::heap:
            return "heap";
        case Place::Kind::other:
            break;
    }
    return "unknown";
}

Json facts(const FrameBook& book, const ShownBlock& shown, std::optional<std::uint64_t> address) {
    Json json = Json::object();
    json["address"] = address_json(shown.block.address);
    json["size"] = shown.block.size;
    if (address) json["offset"] = *address - shown.block.address;
    json["domain"] = shown.domain;
    json["mark"] = shown.stamp ? Json(shown.stamp->mark) : Json();
    json["sequence"] = shown.stamp ? Json(shown.stamp->sequence) : Json();
    json["thread"] = text_or_null(shown.thread);
    if (shown.type.name != 0)
        json["type"] = {
            {"name", book.text(shown.type.name)},
            {"known_by", kTypeSourceNames[static_cast<std::size_t>(shown.type.source)]}};
    return json;
}

Json shown_json(const FrameBook& book, const ShownBlock& shown, std::uint64_t address) {
    Json json = facts(book, shown, address);
    json["traceback"] = traceback_json(book, KeyType::traceback, shown.traceback);
    return json;
}

}  // namespace

Json json_of(const BlockReport& report) {
    Json json = json_head("block");
    json["address"] = address_json(report.address);
    Json blocks = Json::array();
    for (const ShownBlock& shown : report.blocks)
        blocks.push_back(shown_json(*report.book, shown, report.address));
    json["blocks"] = std::move(blocks);
    if (report.freed) {
        const ShownFreed& shown = *report.freed;
        json["freed"] = {
            {"address", address_json(shown.block.address)},
            {"size", shown.block.size},
            {"offset", report.address - shown.block.address},
            {"frees_since", shown.block.since},
            {"thread", text_or_null(shown.thread)},
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
        if (place.kind == Place::Kind::heap) {
            where["chunk"] = address_json(place.chunk);
            where["chunk_size"] = place.chunk_size;
            where["state"] = place.state;
        }
        if (!place.module.empty()) where["module"] = place.module;
        if (!place.symbol.empty()) where["symbol"] = place.symbol;
        if (!place.symbol.empty()) where["symbol_offset"] = place.offset;
        json["place"] = std::move(where);
        if (const auto bytes = gap_below(report))
            json["below"] = {{"address", address_json(report.below->address)},
                             {"size", report.below->size},
                             {"past_its_end", *bytes}};
    }
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

Result<void> write_json(const BlocksReport& report, const Sink& sink) {
    JsonStream document(sink);
    Json head = json_head("blocks");
    if (report.around) head["around"] = address_json(*report.around);
    document.members(head);
    document.begin_list("blocks");
    KeptTexts tracebacks;
    const std::string margin((std::size_t{JsonStream::kItemDepth} + 1) * 2, ' ');
    const auto take = [&](const BlockRow& row) -> Result<void> {
        const auto make = [&]() -> Result<std::string> {
            const std::vector<RowFrame> frames = MT_TRY(row.traceback(0));
            return JsonStream::laid_out(traceback_json(*report.book, KeyType::traceback, frames),
                                        JsonStream::kItemDepth + 1);
        };
        const std::string* traceback = MT_TRY(tracebacks.of(row.trace, make));
        Json known = facts(*report.book, row.shown, std::nullopt);
        if (!report.has_addresses) known["address"] = nullptr;
        // The last member is spliced in as it was laid out before.
        std::string text = JsonStream::laid_out(known, JsonStream::kItemDepth);
        text.resize(text.rfind('\n'));
        text += fmt::format(",\n{}\"traceback\": {}\n{}}}", margin, *traceback, margin.substr(2));
        return document.laid_out_item(text);
    };
    MT_TRY(report.each(take));
    document.end_list();
    document.members({{"other", {{"size", report.other_size}, {"count", report.other_count}}},
                      {"total", {{"size", report.total_size}, {"count", report.total_count}}},
                      {"remarks", remarks_json(report.remarks)}});
    return document.end();
}

}  // namespace mt::core
