// SPDX-License-Identifier: MIT
//
// The one text that every way of running a scenario must give, as a file:
//
//   > mt peak            a command, then its output
//   --- core ---         what follows is the same on cores
//   core> mt start       asked of cores alone
#ifndef MEMTRACE_TESTS_SESSIONS_GOLDEN_H
#define MEMTRACE_TESTS_SESSIONS_GOLDEN_H

#include <filesystem>
#include <string>
#include <vector>

#include "script.h"

namespace mt::sessions {

class Golden {
  public:
    // A file that is missing is an empty text: every comparison with it fails.
    static Golden read(const std::filesystem::path& file);
    // From a live session's answers and a core's; of these only only-core steps count.
    static Golden make(const Scenario& scenario, const std::vector<Answer>& live,
                       const std::vector<Answer>& core);
    void write(const std::filesystem::path& file) const;

    std::string live() const;  // what a live session must say
    std::string core() const;  // what a session on a core must say

  private:
    struct Entry {
        Answer answer;
        bool on_core = false;
        bool only_core = false;
    };
    std::vector<Entry> entries_;
};

std::string rendered(const std::vector<Answer>& answers);

}  // namespace mt::sessions

#endif
