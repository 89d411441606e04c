// SPDX-License-Identifier: MIT
//
// The debugger's breakpoints that are set by the core's number (mtc_debugger::set_point): hands
// out the numbers, and brings each hit to whom it concerns. Outlives each process. Knows neither
// scopes nor conditions.
#ifndef MEMTRACE_CORE_APP_POINTS_H
#define MEMTRACE_CORE_APP_POINTS_H

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "report/condition.h"
#include "target/debugger.h"

namespace mt::core {

// A frame as the debugger sees it (mtc_activation).
struct Activation {
    std::uint64_t pc = 0, sp = 0;
    std::string function;  // of an inlined one
    bool is_inlined = false;
};

// A thread at one of our points, as the adapter describes it.
struct Hit {
    std::uint64_t point = 0;
    std::uint64_t thread = 0;        // system id
    std::vector<Activation> frames;  // innermost first; never empty
};

class Points {
  public:
    // What a hit means. May set and take points, its own too.
    using Meaning = std::function<Result<Stop>(const Hit&)>;
    struct Placed {
        std::uint64_t number = 0;
        std::uint32_t places = 0;  // where it is now
    };

    explicit Points(Debugger& debugger) : debugger_(debugger) {}

    // Each hit has so many `frames` that are not inlined, if the thread has. None: the debugger
    // cannot. A point at an address is of this process only.
    Result<std::optional<Placed>> set_at(const std::string& function, std::uint32_t frames,
                                         Meaning meaning);
    Result<std::optional<Placed>> set_at(std::uint64_t address, std::uint32_t frames,
                                         Meaning meaning);
    Result<void> take(std::uint64_t number);

    // Of a point that was taken meanwhile: the program goes on.
    Result<Stop> reached(const Hit& hit);

  private:
    Result<std::optional<Placed>> set(const char* function, std::uint64_t address,
                                      std::uint32_t frames, Meaning meaning);

    Debugger& debugger_;
    std::map<std::uint64_t, Meaning> set_;  // by number
    std::uint64_t next_ = 1;
};

}  // namespace mt::core

#endif
