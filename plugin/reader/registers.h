// SPDX-License-Identifier: MIT
//
// Registers of threads, of x86-64, by name: what a core's notes hold and what ptrace gives are
// the same bytes. Decides nothing about them.
#ifndef MEMTRACE_READER_REGISTERS_H
#define MEMTRACE_READER_REGISTERS_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "source/core_thread.h"

namespace mt::reader {

using Thread = core::CoreThread;

// Calls add(name, value) for each that is not 0: rax, fs_base, xmm3[0], ymm3[2], zmm3[4], …
void each_register(const Thread& thread,
                   const std::function<void(const std::string&, std::uint64_t)>& add);

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
