// SPDX-License-Identifier: MIT
//
// See subprocess.h. The child leads a process group, so that a debugger that
// hangs goes together with its debuggee.
#include "subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace mt::sessions {
namespace {

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& directory, int input, int output) {
    setpgid(0, 0);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &limit) != 0 && getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_CORE, &limit);
    }
    for (const char* name : {"MEMTRACE", "LD_PRELOAD", "DEBUGINFOD_URLS"}) unsetenv(name);
    setenv("LC_ALL", "C.UTF-8", 1);
    if (input < 0) input = open("/dev/null", O_RDONLY);
    if (chdir(directory.c_str()) != 0 || input < 0) _exit(126);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    execvp(program.c_str(), argv.data());
    _exit(127);
}

// False when the deadline passed before the other end was closed.
bool drain(int pipe, std::string& output, std::chrono::steady_clock::time_point end) {
    std::array<char, 65536> buffer;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        pollfd poller{pipe, POLLIN, 0};
        if (poll(&poller, 1, static_cast<int>(left.count())) <= 0) continue;
        const ssize_t got = read(pipe, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        output.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

pid_t start_program(const std::string& program, const std::vector<std::string>& arguments,
                    const std::filesystem::path& directory, int input, int output) {
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (child == 0) become(program, arguments, directory, input, output);
    return child;
}

Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const std::filesystem::path& directory, std::chrono::seconds deadline) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = start_program(program, arguments, directory, -1, ends[1]);
    close(ends[1]);
    Outcome outcome;
    const bool in_time =
        drain(ends[0], outcome.output, std::chrono::steady_clock::now() + deadline);
    close(ends[0]);
    if (!in_time) kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!in_time)
        outcome.status = -1;
    else
        outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (outcome.status == 127) throw std::runtime_error(program + " could not be started");
    return outcome;
}

std::filesystem::path kernel_core(const std::filesystem::path& directory) {
    std::string pattern;
    std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
    if (pattern.empty() || pattern[0] == '|' || pattern.find('/') != std::string::npos)
        throw std::runtime_error("the kernel writes cores to '" + pattern +
                                 "', not beside the program; run: "
                                 "echo core | sudo tee /proc/sys/kernel/core_pattern");
    const std::string start = pattern.substr(0, pattern.find('%'));
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        if (entry.path().filename().string().rfind(start, 0) == 0) return entry.path();
    throw std::runtime_error("the kernel wrote no core: raise the hard limit (ulimit -Hc)");
}

}  // namespace mt::sessions
