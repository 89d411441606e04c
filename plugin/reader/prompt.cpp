// SPDX-License-Identifier: MIT
//
// See prompt.h. libedit has GNU readline's interface, under a licence like ours.
#include "prompt.h"

#include <editline/readline.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "subject.h"

namespace mt::reader {
namespace {

constexpr int kKeptLines = 1000;

// libedit's callbacks take no user pointer; there is one prompt in a program.
const Complete* g_complete = nullptr;
std::vector<std::string> g_found;

struct Free {
    void operator()(char* text) const { std::free(text); }
};

char* next_found(const char*, int is_not_first) {
    static std::size_t next = 0;
    if (is_not_first == 0) next = 0;
    return next < g_found.size() ? strdup(g_found[next++].c_str()) : nullptr;
}

char** completions(const char* word, int, int end) {
    rl_attempted_completion_over = 1;  // no names of files
    g_found = (*g_complete)(std::string(rl_line_buffer, static_cast<std::size_t>(end)));
    return rl_completion_matches(word, next_found);
}

}  // namespace

void prompt(const std::function<void(const std::string& line)>& run, const Complete& complete) {
    g_complete = &complete;
    rl_readline_name = "memtrace";
    rl_attempted_completion_function = completions;
    using_history();
    stifle_history(kKeptLines);
    for (;;) {
        const std::unique_ptr<char, Free> line(readline("(memtrace) "));
        if (line == nullptr) {
            if (take_interrupt()) {  // the line is given up, not the reader
                std::puts("");
                continue;
            }
            std::puts("");
            return;
        }
        const std::string text = line.get();
        if (text == "quit" || text == "q" || text == "exit") return;
        if (text.find_first_not_of(" \t") == std::string::npos) continue;
        add_history(text.c_str());
        run(text);
    }
}

}  // namespace mt::reader
