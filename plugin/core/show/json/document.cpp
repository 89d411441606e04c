// SPDX-License-Identifier: MIT
//
// See document.h.
#include "show/json/document.h"

#include <fmt/format.h>

namespace mt::core {
namespace {

constexpr int kSchema = 1;

Json name_or_null(const FrameBook& book, TextId id) {
    return id == 0 ? Json() : Json(book.text(id));
}

Json frame_json(const FrameBook& book, KeyType key, const RowFrame& row) {
    const bool code = row.module.value_or(0) != 0 || row.function.value_or(0) != 0;
    Json json = Json::object();
    // A frame that stands for no code ("<unknown>") has its label as its file, as in tracemalloc.
    const bool stands_for_none = row.file == 0 && !code && key != KeyType::module;
    json["file"] = name_or_null(book, stands_for_none ? row.label : row.file);
    json["line"] = row.line;
    json["function"] = name_or_null(book, row.function.value_or(0));
    json["module"] = name_or_null(book, row.module.value_or(0));
    json["offset"] = row.offset ? Json(*row.offset) : Json();
    return json;
}

}  // namespace

Json json_head(const std::string& command) {
    Json json = Json::object();
    json["schema"] = kSchema;
    json["command"] = command;
    return json;
}

Json remarks_json(const std::vector<Remark>& remarks) {
    Json list = Json::array();
    for (const Remark& remark : remarks)
        list.push_back({{"code", remark.code}, {"text", remark.text}, {"count", remark.count}});
    return list;
}

Json address_json(std::uint64_t address) { return fmt::format("{:#x}", address); }

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json traceback_json(const FrameBook& book, KeyType key, const std::vector<RowFrame>& traceback) {
    Json frames = Json::array();
    for (const RowFrame& frame : traceback) frames.push_back(frame_json(book, key, frame));
    return frames;
}

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mt::core
