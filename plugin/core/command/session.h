// SPDX-License-Identifier: MIT
//
// What one target's commands share: the debugger, the names found so far, the
// kept snapshots, the settings, the last report. A command that fails or is
// interrupted leaves all of it as it was. Holds no command's own logic.
#ifndef MEMTRACE_CORE_COMMAND_SESSION_H
#define MEMTRACE_CORE_COMMAND_SESSION_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "binding/bindings.h"
#include "command/conditions.h"
#include "command/control.h"
#include "command/debugger.h"
#include "command/scopes.h"
#include "command/view.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/sink.h"
#include "model/snapshot.h"
#include "show/report.h"
#include "symbols/symboliser.h"

namespace mt::core {

// A process or core that has a readable runtime, at this moment.
struct Process {
    Target target;
    Status status;
    std::unique_ptr<Memory> direct;  // set when the debugger is not needed to read
    Memory* memory = nullptr;
    // Of a core: what its whole table has against itself. Each command says so, for what is
    // wrong elsewhere may make wrong what the command looks at.
    std::vector<Remark> doubts;
};

// Those that are not among the remarks yet; and, of a core, that a zero is one because
// nothing has happened since the start.
void add_doubts(const Process& process, std::vector<Remark>& remarks);

struct Kept {
    std::string number;
    std::string name;  // the user's, or empty
    std::shared_ptr<Table> table;
    std::string file;  // that it was loaded from, or empty
};

// What mt mark has made: from then on blocks are stamped with its sequence.
struct Mark {
    std::uint64_t sequence = 0;  // its number in that process
    std::string name;            // the user's, or empty
    Identity process;
};

// Whose rows mt traceback explains.
struct LastReport {
    std::shared_ptr<Table> table;
    Grouping grouping;
    std::vector<Statistic> rows;
    std::shared_ptr<Table> old;  // of mt diff, with `changes` instead of `rows`
    std::vector<StatisticDiff> changes;
    std::string old_name, new_name;

    std::size_t size() const { return old ? changes.size() : rows.size(); }
};

// A start that waits for a process, or for the runtime in one.
struct Pending {
    std::optional<Start> next_run;  // given to each next run
    bool preload = false;           // so is the runtime
    std::optional<Start> on_load;   // for this process:
    std::int64_t pid = 0;
};

class Session {
  public:
    enum class Outcome : std::uint8_t { done, not_ours };

    Session(Debugger& asked, std::string directory);

    // One command line. not_ours: the first word is no verb; nothing was printed,
    // and not_ours_text() says it in a line.
    Result<Outcome> run(std::string_view line);
    const std::string& not_ours_text() const { return not_ours_text_; }
    // The runtime has been mapped: does what is pending.
    Result<void> loaded();
    // The debugger has another program to run: tells what the preload must know of it.
    Result<void> program_changed();
    // That as a line, "" = nothing.
    std::string preload_remark();
    // A thread has come to the runtime's stop function.
    Result<Stop> stopped(const std::array<std::uint64_t, 5>& arguments) {
        return conditions.stopped(*this, arguments);
    }
    // (current, peak) in bytes.
    Result<std::pair<std::uint64_t, std::uint64_t>> traced_memory();

    // The live block of domain 0 that holds the address; address 0: there is none.
    Result<Block> block_at(std::uint64_t address);

    // Printed when the command has succeeded.
    void say(std::string_view text) { output_ += text; }
    // For what may be long: printed in pieces while it is made, and ended by Ctrl-C. What
    // has been said before comes first.
    Sink printer();
    // For each step of long work; true: the user wants to stop.
    Interrupted interrupted() {
        return [this] { return poll(); };
    }

    // Without remarks: what the debugger's expressions ask at each stop.
    Result<Process> process(bool with_remarks = true);
    // Who can name the code of `table`: the debugger only while it shows that process.
    Sources sources_for(const Table& table, const Process* process);
    // A start waits for the runtime of this very process.
    bool waits_for(const Target& target) const {
        return pending.on_load.has_value() && pending.pid == target.pid;
    }
    Kept* find_snapshot(std::string_view name);
    SourceLine source_lines(const Target* target);
    // The user stopped a question for a source line; the report must not be used.
    bool source_interrupted = false;

    Debugger& debugger;
    Poll poll;
    const std::string library_directory;
    Symboliser symboliser;
    SkipRules skip;
    Settings settings;
    std::vector<Kept> snapshots;
    std::uint64_t next_number = 1;
    std::vector<Mark> marks;
    std::optional<LastReport> last;
    Pending pending;
    Conditions conditions;
    Scopes scopes;
    Bindings bindings;

  private:
    Result<void> find_doubts(Process& process);
    Result<void> start_pending(const Target& target, std::uint64_t root);

    std::string output_;
    std::string not_ours_text_;
    // A core does not change: it is read as a whole once.
    struct Doubted {
        std::string core;
        std::uint64_t size = 0;
        Identity identity;
        std::vector<Remark> doubts;
    };
    std::optional<Doubted> doubted_;
};

}  // namespace mt::core

#endif
