// SPDX-License-Identifier: MIT
//
// A process that stands still, and the registers of its threads by ptrace. Reads no memory.
#ifndef MEMTRACE_READER_REGISTERS_H
#define MEMTRACE_READER_REGISTERS_H

#include <cstdint>
#include <vector>

#include "source/core_thread.h"

namespace mt::reader {

using Thread = core::CoreThread;

// A process that stands still while this lives, however the reader ends. Throws
// std::runtime_error where that is not permitted; the process then runs on.
class Stopped {
  public:
    explicit Stopped(std::int64_t pid);
    ~Stopped();
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    std::vector<Thread> threads() const;

  private:
    struct Held {
        int tid;
        int signal;  // that it was about to get, and gets when it goes on; 0: none
    };
    void stop_new(std::int64_t pid);
    void let_go() const;
    std::vector<Held> held_;
};

}  // namespace mt::reader

#endif
