// SPDX-License-Identifier: MIT
//
// Which frames are allocation machinery: by module, function or
// file. Answers are remembered per module path and per frame. Groups nothing.
#ifndef MEMTRACE_CORE_ANALYSE_SKIP_H
#define MEMTRACE_CORE_ANALYSE_SKIP_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "symbols/frame.h"

namespace mt::core {

enum class SkipKind : std::uint8_t { module, function, file, any };

struct SkipPattern {
    SkipKind kind = SkipKind::any;
    std::string glob;
    bool built_in = false;
};

class SkipRules {
  public:
    SkipRules();

    // A project's own wrappers: matches a function's name (with or without its
    // parameters), a file, or a module's base name.
    void add(std::string glob);
    void forget_added();
    const std::vector<SkipPattern>& patterns() const { return patterns_; }

    // The whole module is machinery: its frames need no names to be skipped.
    bool skips_module(const std::string& path);
    bool skips_frame(const FrameBook& book, FrameId frame);
    // Nobody asks about it, wherever it stands: allocation machinery by the rules that are built
    // in, and what starts threads and programs. What users add may have no callers with a name.
    bool hides_module(const std::string& path);
    bool hides_frame(const FrameBook& book, FrameId frame);
    // Runtime, C library and loader: never the frame to show while there is another.
    bool is_base(std::string_view module_path) const;

  private:
    struct Known {
        std::unordered_map<std::string, bool> modules;
        std::vector<std::int8_t> frames;  // -1 = not decided
    };
    bool matches_module(Known& known, bool only_built_in, const std::string& path) const;
    bool matches_frame(Known& known, bool only_built_in, const FrameBook& book,
                       FrameId frame) const;

    std::vector<SkipPattern> patterns_;
    Known skipped_, hidden_;
};

// Shell globbing over the whole text; `*` crosses `/`.
bool glob_match(const std::string& pattern, std::string_view text);

}  // namespace mt::core

#endif
