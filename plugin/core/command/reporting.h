// SPDX-License-Identifier: MIT
//
// What the reporting verbs share: reading the table, the user's view of it, and
// the one way from a table to a finished text. Keeps nothing in the session.
#ifndef MEMTRACE_CORE_COMMAND_REPORTING_H
#define MEMTRACE_CORE_COMMAND_REPORTING_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/parse.h"
#include "command/session.h"
#include "model/error.h"

namespace mt::core {

struct View {
    Grouping grouping;
    std::size_t rows = 0;  // 0 = all
    bool json = false;
    bool source = false;
    bool shares = false;  // as mt traceback shows rows
};

Result<View> view_of(const Session& session, const Arguments& arguments);

Result<std::shared_ptr<Table>> read_now(const Process& process, bool blocks);

// The process of a kept table if it is still there; with modules that were
// unloaded since then marked. Interrupts are passed on.
Result<std::optional<Process>> same_process(Session& session, Table& table);

struct Made {
    Head head;
    std::string text;  // or the JSON document
    LastReport report;
};

// `process`: the table's own, or null when it is gone.
Result<Made> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                         const Process* process, View view);

}  // namespace mt::core

#endif
