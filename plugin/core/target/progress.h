// SPDX-License-Identifier: MIT
//
// What long work is at, for a user who waits at a terminal: one line, from the first second on,
// taken away before anything else is printed. Whoever polls for Ctrl-C draws it; who does the
// work only says what comes next. Used by one thread; decides nothing.
#ifndef MEMTRACE_CORE_TARGET_PROGRESS_H
#define MEMTRACE_CORE_TARGET_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace mt::core {

class Progress {
  public:
    using Clock = std::chrono::steady_clock;
    // One line of at most 79 columns, without an end; empty: the last one is taken away.
    using Show = std::function<void(const std::string& line)>;

    explicit Progress(Show show) : show_(std::move(show)) {}

    // A command is at work while this lives. It reads the table before it says anything else.
    class Command {
      public:
        explicit Command(Progress& progress) : progress_(progress) { progress_.begin(); }
        ~Command() { progress_.end(); }
        Command(const Command&) = delete;
        Command& operator=(const Command&) = delete;

      private:
        Progress& progress_;
    };
    // It goes on with this, of which nothing is done yet.
    void stage(std::string_view what);
    // So much of it is done; `all` 0: not known.
    void done(std::uint64_t part, std::uint64_t all) { part_ = part, all_ = all; }
    // Shows how things stand, if there is reason to.
    void look();
    // Something else is to be printed.
    void hide();

    Clock::duration patience = std::chrono::seconds(1);
    Clock::duration every = std::chrono::milliseconds(200);

  private:
    void begin();
    void end();

    Show show_;
    std::string what_;
    std::uint64_t part_ = 0, all_ = 0;
    Clock::time_point next_ = Clock::time_point::max();  // no command is at work
    std::string shown_;
};

// "searching memory [#####               ] 25 %"; without the bar where `all` is 0.
std::string progress_line(std::string_view what, std::uint64_t part, std::uint64_t all);

}  // namespace mt::core

#endif
