// SPDX-License-Identifier: MIT
//
// A program must end as it would without us: runs it untraced and traced and compares
// its status and all that it writes. Programs print what each of their calls did to errno.
#ifndef MEMTRACE_TESTS_SAME_H
#define MEMTRACE_TESTS_SAME_H

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mt::test {

enum class Traced { no, loaded, yes };  // loaded: the runtime is there and off

struct Trial {
    std::string program;                 // a path
    std::vector<std::string> arguments;  // without argv[0]
    std::map<std::string, std::string> environment = {};
    std::vector<std::string> before = {};  // libraries to be preloaded, around the runtime
    std::vector<std::string> after = {};
    std::function<void()> in_child = {};  // before exec: limits, filters, masks
    unsigned seconds = 60;                // SIGALRM ends what hangs
    std::string setting = "32";           // MEMTRACE, where it is traced
};

struct Ending {
    int status = -1;  // of waitpid
    std::string output, errors;
    bool operator==(const Ending&) const = default;
};

std::string described(const Ending& ending);
Ending run(const Trial& trial, Traced traced);

// Untraced, loaded, traced: one ending. Returns it.
Ending expect_same(const Trial& trial);

}  // namespace mt::test

#endif
