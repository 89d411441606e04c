// SPDX-License-Identifier: MIT
//
// Starts programs; runs one to its end, with a deadline, and keeps what it printed.
#ifndef MEMTRACE_TESTS_SESSIONS_SUBPROCESS_H
#define MEMTRACE_TESTS_SESSIONS_SUBPROCESS_H

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace mt::sessions {

struct Outcome {
    int status = 0;      // exit status; 128 + n: ended by signal n; -1: past the deadline
    std::string output;  // both streams, in the order written
};

// Starts it; both of its streams are `output`, and `input` (-1: nothing) is what it reads. It leads
// a process group of its own. The rest as for run_program().
pid_t start_program(const std::string& program, const std::vector<std::string>& arguments,
                    const std::filesystem::path& directory, int input, int output);

// The child runs in `directory`, may write cores of any size, and sees no MEMTRACE,
// LD_PRELOAD or debuginfod of ours. Throws std::runtime_error if it cannot be started.
Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const std::filesystem::path& directory, std::chrono::seconds deadline);

// The core that the kernel wrote into `directory`; throws std::runtime_error with the way out.
std::filesystem::path kernel_core(const std::filesystem::path& directory);

}  // namespace mt::sessions

#endif
