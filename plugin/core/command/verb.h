// SPDX-License-Identifier: MIT
//
// The table of verbs: one entry per command with its words for help and the
// function that does it. Each function stands in the file of its family.
#ifndef MEMTRACE_CORE_COMMAND_VERB_H
#define MEMTRACE_CORE_COMMAND_VERB_H

#include <string>
#include <string_view>
#include <vector>

#include "command/parse.h"
#include "model/error.h"

namespace mt::core {

class Session;

struct Verb {
    std::string_view name;
    std::string_view operands;  // "[NAME]"
    std::size_t most_words = 0;
    std::string_view summary;  // one line
    std::string_view details;  // lines, may be empty
    std::string_view example;
    std::vector<Option> options;
    Result<void> (*run)(Session& session, const Arguments& arguments);
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

// Whole words that can stand at the end of `line`.
std::vector<std::string> complete(const Session& session, std::string_view line);

Result<void> run_status(Session& session, const Arguments& arguments);
Result<void> run_start(Session& session, const Arguments& arguments);
Result<void> run_mark(Session& session, const Arguments& arguments);
Result<void> run_stop(Session& session, const Arguments& arguments);
Result<void> run_clear(Session& session, const Arguments& arguments);
Result<void> run_snapshot(Session& session, const Arguments& arguments);
Result<void> run_stats(Session& session, const Arguments& arguments);
Result<void> run_diff(Session& session, const Arguments& arguments);
Result<void> run_list(Session& session, const Arguments& arguments);
Result<void> run_drop(Session& session, const Arguments& arguments);
Result<void> run_scope(Session& session, const Arguments& arguments);
Result<void> run_save(Session& session, const Arguments& arguments);
Result<void> run_load(Session& session, const Arguments& arguments);
Result<void> run_export(Session& session, const Arguments& arguments);
Result<void> run_traceback(Session& session, const Arguments& arguments);
Result<void> run_peak(Session& session, const Arguments& arguments);
Result<void> run_break(Session& session, const Arguments& arguments);
Result<void> run_blocks(Session& session, const Arguments& arguments);
Result<void> run_block(Session& session, const Arguments& arguments);
Result<void> run_config(Session& session, const Arguments& arguments);
Result<void> run_preload(Session& session, const Arguments& arguments);
Result<void> run_help(Session& session, const Arguments& arguments);

}  // namespace mt::core

#endif
