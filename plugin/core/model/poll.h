// SPDX-License-Identifier: MIT
//
// What may end long work early: the user's Ctrl-C, and that there is no memory. Every loop
// that grows with the program asks here, as often as it likes; the debugger is asked no more
// than every 50 ms of a steady clock.
#ifndef MEMTRACE_CORE_MODEL_POLL_H
#define MEMTRACE_CORE_MODEL_POLL_H

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <new>
#include <utility>

#include "model/error.h"

namespace mt::core {

// True: the user wants to stop. May be empty.
using Interrupted = std::function<bool()>;

// Set when malloc has had nothing and the command under way lives on what capi/reserve.cpp
// keeps back. That is for its end: destructors of nlohmann::json allocate, and one that gets
// nothing ends the debugger. core_faults_test holds how much is left by then.
inline std::atomic<bool> g_reserve_is_used{false};
inline void stop_without_memory() {
    if (g_reserve_is_used.load(std::memory_order_relaxed)) throw std::bad_alloc();
}

class Poll {
  public:
    using Clock = std::chrono::steady_clock;
    explicit Poll(Interrupted asked) : asked_(std::move(asked)) {}

    // The next question is passed on: one per command at least.
    void begin() { next_ = {}; }
    // A look at the clock, for rows; for each step of a tight loop see Stride.
    bool operator()() {
        stop_without_memory();
        const auto now = Clock::now();
        if (now < next_) return false;
        next_ = now + every;
        return asked_ && asked_();
    }

    Clock::duration every = std::chrono::milliseconds(50);

  private:
    Interrupted asked_;
    Clock::time_point next_;
};

inline tl::unexpected<Error> interrupted_error() { return fail(Code::interrupted, "interrupted"); }

// For steps of some nanoseconds: asks at the first one and then once in 4096.
class Stride {
  public:
    explicit Stride(const Interrupted& asked) : asked_(asked) {}
    bool operator()() {
        stop_without_memory();
        return steps_++ % kSteps == 0 && asked_ && asked_();
    }

  private:
    static constexpr unsigned kSteps = 4096;
    const Interrupted& asked_;
    unsigned steps_ = 0;
};

// std::sort that the user can stop; the order is then none in particular.
template <typename Iterator, typename Less>
Result<void> sort_unless_stopped(Iterator first, Iterator last, Less less,
                                 const Interrupted& interrupted) {
    // Only leaving std::sort ends it: a comparison that lied from then on could take it
    // out of its range.
    struct Stopped {};
    Stride stop(interrupted);
    try {
        std::sort(first, last, [&](const auto& a, const auto& b) {
            if (stop()) throw Stopped{};
            return less(a, b);
        });
    } catch (const Stopped&) {
        return interrupted_error();
    }
    return {};
}

}  // namespace mt::core

#endif
