// SPDX-License-Identifier: MIT
//
// A traced program that runs from one int3 to the next, or instruction by instruction, and
// whose table can be read wherever it stands. Knows no event.
#ifndef MEMTRACE_TESTS_STEPPER_H
#define MEMTRACE_TESTS_STEPPER_H

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "tracee.h"

namespace mt::test {

// The runtime's code in a process: only there may a signal's handler do anything, for libc's
// malloc does not promise to survive one.
inline core::MemoryRegion runtime_code(pid_t pid) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long start = 0, end = 0;
        if (line.find("r-xp") != std::string::npos &&
            line.find("libmemtrace.so") != std::string::npos &&
            std::sscanf(line.c_str(), "%lx-%lx", &start, &end) == 2) {
            return {start, end};
        }
    }
    return {};
}
inline std::uint64_t program_counter(pid_t pid) {
    user_regs_struct registers = {};
    ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
    return registers.rip;
}

// One instruction. False: it was an int3, or the program ended.
inline bool step_once(pid_t pid) {
    int status = 0;
    ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr);
    waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) return false;
    siginfo_t info = {};
    ptrace(PTRACE_GETSIGINFO, pid, nullptr, &info);
    return info.si_code != SI_KERNEL;  // int3
}

class Stepper {
  public:
    explicit Stepper(Launch launch) : tracee_(traced(std::move(launch))), memory_(tracee_.pid()) {}

    // Runs to the next int3. False: the program ended.
    bool run_to_trap() {
        int status = 0;
        waitpid(tracee_.pid(), &status, 0);  // exec, or the stop of the last step
        return resume_to_trap();
    }
    // `signal_number` is delivered first.
    bool resume_to_trap(int signal_number = 0) {
        int status = 0;
        ptrace(PTRACE_CONT, tracee_.pid(), nullptr, signal_number);
        waitpid(tracee_.pid(), &status, 0);
        return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
    }
    bool step() { return step_once(tracee_.pid()); }
    // Its wait status. No trap may be left.
    int run_to_end() {
        ptrace(PTRACE_CONT, tracee_.pid(), nullptr, nullptr);
        return tracee_.wait_for_exit();
    }
    // All of it. Its root is searched for now and then only: of a search at each instruction most
    // of the time would go into pages that are none of the table's.
    core::Result<core::Table> table() {
        const bool searches = readings_++ % 16 == 0;
        const auto status = core::read_status(memory_, searches ? 0 : root_);
        if (!status) return core::fail(status.error());
        root_ = status->root_address;
        return core::read_table(memory_, *status, {.blocks = true});
    }
    ProcessMemory& memory() { return memory_; }
    const Tracee& tracee() const { return tracee_; }

  private:
    static Launch traced(Launch launch) {
        launch.ptrace = true;
        return launch;
    }

    Tracee tracee_;
    ProcessMemory memory_;
    std::uint64_t root_ = 0;
    std::uint64_t readings_ = 0;
};

}  // namespace mt::test

#endif
