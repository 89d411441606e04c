// SPDX-License-Identifier: MIT
//
// Frames with names, each stored once. A FrameId stays valid as long as its
// book, which outlives the process that the frame came from. Only storage: who
// fills it is symboliser.h.
#ifndef MEMTRACE_CORE_SYMBOLS_FRAME_H
#define MEMTRACE_CORE_SYMBOLS_FRAME_H

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mt::core {

using TextId = std::uint32_t;   // 0 = the empty text
using FrameId = std::uint32_t;  // 0 = <unknown>:0

struct Frame {
    TextId file = 0;      // absolute, normalised; empty without line information
    TextId function = 0;  // canonical; empty when unknown
    TextId module = 0;    // path of the module, a label
    std::uint32_t line = 0;
    TextId label = 0;           // what stands before ":LINE": the file, else MODULE(FUNCTION)
    TextId function_label = 0;  // FILE:FUNCTION, else the label

    bool is_place = false;  // the label has the offset: nothing else is known

    bool has_file() const { return file != 0; }
};

class FrameBook {
  public:
    FrameBook();

    TextId text(std::string_view value);
    const std::string& text(TextId id) const { return texts_[id]; }

    FrameId frame(std::string_view file, std::string_view function, std::string_view module,
                  std::uint32_t line);
    // Code of a module of which nothing is known but where it is: MODULE+0xOFFSET.
    FrameId place(std::string_view module, std::uint64_t offset);
    // A frame that stands for no code: "<unknown>" and the reserved stack ids.
    FrameId label(std::string_view text);
    // A module's other path: the file behind a symbolic link.
    void also_known(std::string_view module, std::string_view path);
    const std::string& other_path(TextId module) const;
    const Frame& operator[](FrameId id) const { return frames_[id]; }
    std::size_t size() const { return frames_.size(); }

  private:
    std::deque<std::string> texts_;  // a deque: the index's keys point into it
    std::unordered_map<std::string_view, TextId> text_index_;
    std::vector<Frame> frames_;
    std::map<std::tuple<TextId, TextId, TextId, std::uint32_t>, FrameId> frame_index_;
    std::map<TextId, FrameId> label_index_;
    std::map<std::pair<TextId, std::uint64_t>, FrameId> place_index_;  // by module, offset
    std::unordered_map<TextId, TextId> other_paths_;
};

}  // namespace mt::core

#endif
