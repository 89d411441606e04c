// SPDX-License-Identifier: MIT
//
// Where text goes that may be longer than memory should hold: a file, the debugger's
// output. Whoever writes gives it row by row and stops at the first error.
#ifndef MEMTRACE_CORE_MODEL_SINK_H
#define MEMTRACE_CORE_MODEL_SINK_H

#include <functional>
#include <string>
#include <string_view>

#include "model/error.h"

namespace mt::core {

// Takes the next bytes.
using Sink = std::function<Result<void>(std::string_view)>;

// Collects small texts, so that the sink gets large ones.
class Pieces {
  public:
    static constexpr std::size_t kPiece = std::size_t{64} * 1024;

    explicit Pieces(const Sink& sink) : sink_(sink) {}
    Result<void> add(std::string_view text) {
        text_ += text;
        return text_.size() < kPiece ? Result<void>() : finish();
    }
    Result<void> finish() {
        auto done = sink_(text_);
        text_.clear();
        return done;
    }

  private:
    const Sink& sink_;
    std::string text_;
};

}  // namespace mt::core

#endif
