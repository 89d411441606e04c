// SPDX-License-Identifier: MIT
//
// Starts that wait: for the next run, which then has the runtime preloaded, or for the
// runtime in a process that has not loaded its libraries yet. Starts nothing itself.
#ifndef MEMTRACE_CORE_APP_NEXT_RUN_H
#define MEMTRACE_CORE_APP_NEXT_RUN_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/start.h"
#include "target/debugger.h"

namespace mt::core {

// mtc_preloads(): empty = none.
std::string preloads(std::string_view list, std::string_view former, std::string_view library);

class NextRun {
  public:
    // `directory`: where the runtime is installed.
    NextRun(Debugger& debugger, std::string directory)
        : debugger_(debugger), directory_(std::move(directory)) {}

    const std::optional<Start>& start() const { return start_; }
    // Where the runtime is installed; an error if it is not, or cannot be preloaded.
    Result<std::string> library() const;
    // Each next run preloads the runtime; with `start` it traces from its first call. The
    // library's path.
    Result<std::string> prepare(const std::optional<Start>& start);
    // The same without the start that was asked for.
    Result<void> forget_start();
    // Nor is the runtime preloaded.
    Result<void> forget();
    // Why the program will not load what is preloaded, in a line; empty: it will, or nothing
    // is.
    std::string obstacle();

    // For this process, which the debugger watches from now on. False: it cannot.
    Result<bool> await(const Target& target, const Start& start);
    // Null: none waits for the runtime of this very process.
    const Start* awaited(const Target& target) const {
        return on_load_ && pid_ == target.pid ? &*on_load_ : nullptr;
    }
    bool is_awaited() const { return on_load_.has_value(); }
    void forget_awaited() { on_load_.reset(); }

  private:
    Debugger& debugger_;
    const std::string directory_;
    std::optional<Start> start_;
    bool preload_ = false;
    std::optional<Start> on_load_;
    std::int64_t pid_ = 0;
};

}  // namespace mt::core

#endif
