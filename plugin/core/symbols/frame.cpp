// SPDX-License-Identifier: MIT
//
// See frame.h.
#include "symbols/frame.h"

#include <fmt/format.h>

#include "symbols/name.h"

namespace mt::core {

FrameBook::FrameBook() {
    text("");
    label("<unknown>");
}

TextId FrameBook::text(std::string_view value) {
    if (const auto found = text_index_.find(value); found != text_index_.end())
        return found->second;
    const auto id = static_cast<TextId>(texts_.size());
    texts_.emplace_back(value);
    text_index_.emplace(texts_.back(), id);
    return id;
}

FrameId FrameBook::frame(std::string_view file, std::string_view function, std::string_view module,
                         std::uint32_t line) {
    Frame made;
    made.file = text(file);
    made.function = text(function);
    made.module = text(module);
    made.line = line;
    const auto key = std::make_tuple(made.file, made.function, made.module, line);
    if (const auto found = frame_index_.find(key); found != frame_index_.end())
        return found->second;
    if (made.has_file()) {
        made.label = made.file;
        made.function_label =
            made.function == 0 ? made.file : text(std::string(file) + ":" + std::string(function));
    } else if (made.module != 0 || made.function != 0) {
        const std::string_view name = made.module == 0 ? "?" : base_name(module);
        made.label =
            text(std::string(name) + "(" + std::string(function.empty() ? "?" : function) + ")");
        made.function_label = made.label;
    } else {
        return 0;
    }
    const auto id = static_cast<FrameId>(frames_.size());
    frames_.push_back(made);
    frame_index_.emplace(key, id);
    return id;
}

FrameId FrameBook::place(std::string_view module, std::uint64_t offset) {
    Frame made;
    made.module = text(module);
    const auto key = std::make_pair(made.module, offset);
    if (const auto found = place_index_.find(key); found != place_index_.end())
        return found->second;
    made.label = made.function_label = text(fmt::format("{}+0x{:x}", base_name(module), offset));
    made.is_place = true;
    const auto id = static_cast<FrameId>(frames_.size());
    frames_.push_back(made);
    place_index_.emplace(key, id);
    return id;
}

void FrameBook::also_known(std::string_view module, std::string_view path) {
    const TextId id = text(module);
    other_paths_[id] = text(path);
}

const std::string& FrameBook::other_path(TextId module) const {
    const auto found = other_paths_.find(module);
    return texts_[found == other_paths_.end() ? 0 : found->second];
}

FrameId FrameBook::label(std::string_view name) {
    const TextId id = text(name);
    if (const auto found = label_index_.find(id); found != label_index_.end()) return found->second;
    Frame made;
    made.label = id;
    made.function_label = id;
    const auto frame = static_cast<FrameId>(frames_.size());
    frames_.push_back(made);
    label_index_.emplace(id, frame);
    return frame;
}

}  // namespace mt::core
