// SPDX-License-Identifier: MIT
//
// See stream.h.
#include "show/json/stream.h"

#include <nlohmann/json.hpp>

namespace mt::core {

using Json = nlohmann::ordered_json;

std::string JsonStream::laid_out(const Json& value, unsigned depth) {
    const std::string text = value.dump(2, ' ', false, Json::error_handler_t::replace);
    std::string out;
    out.reserve(text.size());
    // A text's own line ends are escaped: each of these is one of the layout's.
    for (const char c : text) {
        out += c;
        if (c == '\n') out.append(std::size_t{depth} * 2, ' ');
    }
    return out;
}

void JsonStream::put(std::string_view text) {
    if (done_) done_ = sink_(text);
}

void JsonStream::key(std::string_view name) {
    put(has_members_ ? ",\n  " : "{\n  ");
    has_members_ = true;
    put(laid_out(Json(std::string(name)), 0) + ": ");
}

void JsonStream::members(const Json& object) {
    for (const auto& [name, value] : object.items()) {
        key(name);
        put(laid_out(value, 1));
    }
}

void JsonStream::begin_list(std::string_view name) {
    key(name);
    put("[");
    has_items_ = false;
}

Result<void> JsonStream::item(const Json& value) {
    return laid_out_item(laid_out(value, kItemDepth));
}

Result<void> JsonStream::laid_out_item(std::string_view text) {
    put(has_items_ ? ",\n    " : "\n    ");
    put(text);
    has_items_ = true;
    return done_;
}

void JsonStream::end_list() { put(has_items_ ? "\n  ]" : "]"); }

Result<void> JsonStream::end() {
    put("\n}\n");
    return std::move(done_);
}

}  // namespace mt::core
