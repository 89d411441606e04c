// SPDX-License-Identifier: MIT
//
// What the reporting verbs share: reading the table, and the one way from tables
// and a view of them to a finished text. Keeps nothing in the session.
#ifndef MEMTRACE_CORE_COMMAND_REPORTING_H
#define MEMTRACE_CORE_COMMAND_REPORTING_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/session.h"
#include "command/view.h"
#include "model/error.h"

namespace mt::core {

// `threads`: with counters per traceback and thread.
Result<std::shared_ptr<Table>> read_now(const Process& process, bool blocks, bool threads = false);

// The process of kept tables if it is still there; with modules that were
// unloaded since then marked. Interrupts are passed on.
Result<std::optional<Process>> same_process(Session& session, const std::vector<Table*>& tables);

// The snapshot that words[index] names; without that word the last one.
Result<Kept*> kept_snapshot(Session& session, const std::vector<std::string>& words,
                            std::size_t index);
// A new snapshot or mark can have this name. `replace`: if need be in place of another.
Result<void> check_name(Session& session, const std::string& name, bool replace);
// Forgets the snapshot or mark of this name.
void forget_name(Session& session, const std::string& name);
// As the next number, and under `name` unless that is empty. `file`: where it was loaded from.
void keep_snapshot(Session& session, const std::string& name, std::shared_ptr<Table> table,
                   const std::string& file = "");
ListedSnapshot listed(const Kept& kept);
// An error if blocks are `wanted` and the snapshot has none.
Result<void> has_blocks(const Kept& kept, bool wanted);

// Writes the report, as text or JSON, and returns what is to be kept of it.
// `process`: the table's own, or null when it is gone.
Result<LastReport> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                               const Process* process, View view, const Sink& sink);

// Two tables and what users call them.
struct Compared {
    std::shared_ptr<Table> now, old;
    std::string new_name, old_name;
    // These traces of each; null = all.
    const std::vector<std::uint32_t>* only_new = nullptr;
    const std::vector<std::uint32_t>* only_old = nullptr;
};
Result<LastReport> make_difference(Session& session, std::string command, const Compared& compared,
                                   const Process* process, View view, const Sink& sink);

}  // namespace mt::core

#endif
