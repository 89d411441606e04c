// SPDX-License-Identifier: MIT
//
// See answer.h.
#include "query/answer.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace mt::core {

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::size_t Answer::Hash::operator()(const Key& key) const {
    std::uint64_t value = key.offset * 0x9e3779b97f4a7c15ull;
    value ^= (std::uint64_t{key.label} << 32 | key.line) * 0xc2b2ae3d27d4eb4full;
    value ^= std::uint64_t{key.function} << 17 ^ key.module;
    return value ^ value >> 29;
}

std::uint32_t Answer::text(std::string value) {
    const auto next = static_cast<std::uint32_t>(text_index_.size());
    const auto [entry, is_new] = text_index_.try_emplace(std::move(value), next);
    if (is_new) {
        if (next != 0) texts_ += ',';
        texts_ += json_text(entry->first);
    }
    return entry->second;
}

std::string Answer::name_of(const Key& key) const {
    std::string name = book_.text(key.label);
    if (key.plus_offset) name += fmt::format("+0x{:x}", key.offset);
    return name;
}

void Answer::append(const Key& key) {
    const auto next = static_cast<std::uint32_t>(frame_index_.size());
    const auto [entry, is_new] = frame_index_.try_emplace(key, next);
    if (is_new) {
        const auto index = [this](TextId id) {
            return id == 0 ? std::string("null") : std::to_string(text(book_.text(id)));
        };
        const std::string name = std::to_string(text(name_of(key)));
        if (next != 0) frames_ += ',';
        fmt::format_to(std::back_inserter(frames_), "[{},{},{},{},{}]", name, key.line,
                       index(key.function), index(key.module),
                       key.has_offset ? std::to_string(key.offset) : "null");
    }
    if (tracebacks_.back() != '[') tracebacks_ += ',';
    tracebacks_ += fmt::format_int(entry->second).str();
}

void Answer::begin() {
    if (count_ != 0) tracebacks_ += ',';
    tracebacks_ += '[';
    ++count_;
}

std::uint32_t Answer::add(const std::vector<RowFrame>& traceback) {
    begin();
    for (const RowFrame& frame : traceback)
        append({frame.label, frame.function.value_or(0), frame.module.value_or(0), frame.line,
                frame.offset.value_or(0), frame.offset.has_value(), frame.plus_offset});
    tracebacks_ += ']';
    return count_ - 1;
}

std::uint32_t Answer::add(const std::vector<TraceFrame>& traceback) {
    begin();
    for (const TraceFrame& at : traceback) {
        const Frame& frame = book_[at.id];
        const bool code = frame.module != 0 || frame.function != 0;
        append({frame.label, frame.function, frame.module, frame.line, code ? at.offset : 0, code,
                false});
    }
    tracebacks_ += ']';
    return count_ - 1;
}

std::string Answer::finish(std::string_view fields) const {
    return fmt::format("{{{}{}\"tracebacks\":[{}],\"frames\":[{}],\"texts\":[{}]}}", fields,
                       fields.empty() ? "" : ",", tracebacks_, frames_, texts_);
}

}  // namespace mt::core
