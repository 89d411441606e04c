// SPDX-License-Identifier: MIT
//
// The table of verbs: one entry per command with its words for help and the
// function that does it, which stands in the files of its family.
#ifndef MEMTRACE_CORE_COMMAND_VERBS_H
#define MEMTRACE_CORE_COMMAND_VERBS_H

#include <string>
#include <string_view>
#include <vector>

#include "command/parse.h"
#include "model/error.h"

namespace mt::core {

struct Front;

struct Verb {
    std::string_view name;
    std::string_view operands;  // "[NAME]"
    std::size_t most_words = 0;
    std::string_view summary;  // one line
    std::string_view details;  // lines, may be empty
    std::string_view example;
    std::vector<Option> options;
    Result<void> (*run)(Front& front);
    bool takes_expression = false;  // all that is no option, as one word
};

const std::vector<Verb>& verbs();

// An exact name or a unique beginning; otherwise null, and `candidates` says which it could be.
const Verb* find_verb(std::string_view word, std::vector<std::string>* candidates = nullptr);

// Why find_verb() found none, in a line.
std::string no_verb(std::string_view word, const std::vector<std::string>& candidates);

std::string usage_of(const Verb& verb);
std::string help_of(const Verb& verb);
std::string help_overview();

}  // namespace mt::core

#endif
