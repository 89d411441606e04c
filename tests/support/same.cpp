// SPDX-License-Identifier: MIT
#include "same.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "tracee.h"

namespace mt::test {
namespace {

std::vector<std::string> environment_of(const Trial& trial, Traced traced) {
    std::vector<std::string> all;
    for (char** e = environ; *e != nullptr; ++e) {
        // getenv() finds the first of a name: the trial's own must be the only one.
        const std::string name(*e, std::strcspn(*e, "="));
        if (name != "MEMTRACE" && name != "LD_PRELOAD" && !trial.environment.contains(name))
            all.push_back(*e);
    }
    for (const auto& [name, value] : trial.environment) all.push_back(name + "=" + value);
    if (traced == Traced::yes) all.push_back("MEMTRACE=" + trial.setting);
    std::string preload;
    for (const std::string& library : trial.before) preload += library + ":";
    if (traced != Traced::no) preload += runtime_path() + ":";
    for (const std::string& library : trial.after) preload += library + ":";
    if (!preload.empty()) all.push_back("LD_PRELOAD=" + preload);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// Both streams until their last writer closes them.
void read_both(const std::array<int, 2>& from, Ending& into) {
    std::array<pollfd, 2> waiting{{{from[0], POLLIN, 0}, {from[1], POLLIN, 0}}};
    const std::array<std::string*, 2> texts{&into.output, &into.errors};
    while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
        if (poll(waiting.data(), waiting.size(), -1) < 0) continue;
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
            char buffer[4096];
            const ssize_t got = read(waiting[i].fd, buffer, sizeof buffer);
            if (got > 0) {
                texts[i]->append(buffer, static_cast<std::size_t>(got));
            } else {
                close(waiting[i].fd);
                waiting[i].fd = -1;
            }
        }
    }
}

}  // namespace

std::string described(const Ending& ending) {
    std::string how = WIFSIGNALED(ending.status)
                          ? "signal " + std::to_string(WTERMSIG(ending.status))
                          : "status " + std::to_string(WEXITSTATUS(ending.status));
    return how + "\n--- stdout\n" + ending.output + "--- stderr\n" + ending.errors + "---";
}

Ending run(const Trial& trial, Traced traced) {
    std::vector<std::string> environment = environment_of(trial, traced);
    std::vector<std::string> words = {trial.program};
    words.insert(words.end(), trial.arguments.begin(), trial.arguments.end());
    const std::vector<char*> envp = pointers(environment), argv = pointers(words);
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        alarm(trial.seconds);
        if (trial.in_child) trial.in_child();
        execve(trial.program.c_str(), argv.data(), envp.data());
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    Ending ending;
    read_both({out[0], err[0]}, ending);
    waitpid(pid, &ending.status, 0);
    return ending;
}

Ending expect_same(const Trial& trial) {
    const Ending plain = run(trial, Traced::no);
    EXPECT_FALSE(WIFEXITED(plain.status) && WEXITSTATUS(plain.status) == 127)
        << trial.program << " cannot be run";
    EXPECT_FALSE(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGALRM)
        << "hangs by itself: " << described(plain);
    for (const Traced traced : {Traced::loaded, Traced::yes}) {
        const Ending ending = run(trial, traced);
        EXPECT_TRUE(ending == plain) << (traced == Traced::yes ? "traced: " : "loaded: ")
                                     << described(ending) << "\nuntraced: " << described(plain);
    }
    return plain;
}

}  // namespace mt::test
