// SPDX-License-Identifier: MIT
//
// An answer under way: JSON in which each text, frame and traceback stands once,
// so that a hundred thousand rows are written and read quickly. Chooses nothing.
#ifndef MEMTRACE_CORE_QUERY_ANSWER_H
#define MEMTRACE_CORE_QUERY_ANSWER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyse/frames.h"
#include "symbols/frame.h"

namespace mt::core {

// A JSON text; what is no UTF-8 is replaced.
std::string json_text(std::string_view text);

class Answer {
  public:
    explicit Answer(const FrameBook& book) : book_(book) {}

    // Index into "tracebacks". Frames stand there most recent first, each an index into
    // "frames": [name, line, function, module, offset], where the texts are indices into
    // "texts" and function, module and offset may be null.
    std::uint32_t add(const std::vector<RowFrame>& traceback);
    std::uint32_t add(const std::vector<TraceFrame>& traceback);

    // `fields`: what else the document holds, without its braces; may be empty.
    std::string finish(std::string_view fields) const;

  private:
    struct Key {
        TextId label = 0, function = 0, module = 0;
        std::uint32_t line = 0;
        std::uint64_t offset = 0;
        bool has_offset = false, plus_offset = false;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };

    void begin();
    void append(const Key& key);
    std::string name_of(const Key& key) const;
    std::uint32_t text(std::string value);

    const FrameBook& book_;
    std::uint32_t count_ = 0;  // of tracebacks
    std::string tracebacks_;
    std::string frames_;
    std::string texts_;
    std::unordered_map<Key, std::uint32_t, Hash> frame_index_;
    std::unordered_map<std::string, std::uint32_t> text_index_;
};

}  // namespace mt::core

#endif
