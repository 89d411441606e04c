// SPDX-License-Identifier: MIT
//
// The program that the debugger shows, as commands need it: its table found and its header
// read, its memory, who can name its code. Keeps what does not change about it. Knows no
// command and no snapshot.
#ifndef MEMTRACE_CORE_TARGET_DEBUGGEE_H
#define MEMTRACE_CORE_TARGET_DEBUGGEE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/skip.h"
#include "binding/bindings.h"
#include "heap/heap.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "read/reader.h"
#include "report/traceback.h"
#include "symbols/symboliser.h"
#include "target/control.h"
#include "target/debugger.h"

namespace mt::core {

namespace site {
class SiteModules;  // types/site/site_modules.h
}

// A process or core that has a readable runtime, at this moment.
struct Process {
    Target target;
    Status status;
    std::unique_ptr<Memory> direct;  // set when the debugger is not needed to read
    Memory* memory = nullptr;
    // Set where there is no runtime: its heap, by its allocator's own memory, and that as a table.
    std::shared_ptr<const std::vector<heap::Heap>> heaps;
    std::shared_ptr<Table> untraced;
    // Of a core: what its whole table has against itself. Each command says so, for what is
    // wrong elsewhere may make wrong what the command looks at.
    std::vector<Remark> doubts;

    bool is_core() const { return target.kind == TargetKind::core; }
    // The table was read from it.
    bool is_of(const Table& table) const {
        return status.identity.cookie == table.status.identity.cookie &&
               status.identity.pid == table.status.identity.pid;
    }
};

// A process or core with or without the runtime: its memory and no more.
struct BareProcess {
    Target target;
    std::unique_ptr<Memory> direct;  // set when the debugger is not needed to read
    Memory* memory = nullptr;
};

inline const Process* pointer(const std::optional<Process>& process) {
    return process ? &*process : nullptr;
}

// An error while tracing is off; `so` says what cannot be had then.
Result<void> needs_tracing(const Process& process, std::string_view so);

// Those that are not among the remarks yet; and, of a core, that a zero is one because
// nothing has happened since the start.
void add_doubts(const Process& process, std::vector<Remark>& remarks);

// The table as it is now, with doubts.
Result<std::shared_ptr<Table>> read_now(const Process& process, const ReadOptions& options = {});

class Debuggee {
  public:
    explicit Debuggee(Debugger& debugger)
        : debugger_(debugger), poll_([&debugger] { return debugger.interrupted(); }) {}

    Debugger& debugger() { return debugger_; }
    // Says what long work is at.
    Progress& progress() { return debugger_.progress(); }
    Result<Target> target() { return debugger_.target(); }
    // Without remarks: what the debugger's expressions ask at each stop.
    Result<Process> process(bool with_remarks = true);
    // For who needs blocks and no tracebacks: of a process without the runtime its heap.
    Result<Process> process_or_heap();
    Result<BareProcess> bare_process();
    Control control(const Process& process) {
        return Control(debugger_, process.status.root_address);
    }
    // Its root, where the runtime has just been mapped.
    Result<std::uint64_t> root();
    // The loader has mapped libc: what the program lacks then is not there at all.
    Result<bool> has_libc();
    // The process of kept tables if it is still there; with modules that were
    // unloaded since then marked. Interrupts are passed on.
    Result<std::optional<Process>> same_process(const std::vector<Table*>& tables);

    // A process or core on this machine is read without the debugger where possible.
    bool reads_directly() const { return reads_directly_; }
    void read_directly(bool on) { reads_directly_ = on; }
    // The table at this address, a root or a header; 0: that of the symbol, or found by search.
    std::uint64_t table_address() const { return table_address_; }
    void use_table_at(std::uint64_t address) { table_address_ = address; }

    // --- what its code is called
    FrameBook& book() { return symboliser_.book(); }
    const FrameBook& book() const { return symboliser_.book(); }
    SkipRules& skip() { return skip_; }
    // Who can name the code of `table`: the debugger only while it shows that process.
    Sources sources_for(const Table& table, const Process* process);
    // Files of modules may have come since they were looked for.
    void look_again() { symboliser_.look_again(); }
    // Of a module of the table that `sources` are for, by some of its addresses.
    Result<ModuleSymbols> symbols_of(const Module& module, const std::vector<Pc>& pcs,
                                     const Sources& sources) {
        return symboliser_.symbols_of(module, pcs, sources);
    }
    const FoundFiles& files_of(const Module& module) {
        return symboliser_.local_modules().find(module);
    }
    // At work on a table, which it must not outlive. `process`: null when it is gone.
    Resolver resolver(const Table& table, const Process* process) {
        progress().stage("naming places");
        return Resolver(symboliser_, table, sources_for(table, process));
    }
    // What modules' files say of places that allocate.
    site::SiteModules& sites();
    // For one report; the user may stop it by the debugger's question. `local`: files of this
    // machine may be opened.
    SourceLine source_lines(bool local);

    // --- the user's Ctrl-C: each command begins anew
    void begin_command() {
        poll_.begin();
        is_stopped_ = false;
    }
    // Asked at each step of long work.
    bool wants_stop() { return is_stopped_ || poll_(); }
    Interrupted interrupted() {
        return [this] { return wants_stop(); };
    }
    // A source line was not answered because of it: the report must not be used.
    bool is_stopped() const { return is_stopped_; }
    Poll& poll() { return poll_; }

  private:
    // As the debugger reads it; of a core as far as its file has bytes.
    Memory& memory_of(const Target& target);
    // Null: only the debugger can read it.
    std::unique_ptr<Memory> direct_memory(const Process& process);
    std::unique_ptr<Memory> direct_memory(const Target& target, Memory& memory) const;
    Result<Target> present_target();
    Result<Status> find_table(Memory& memory);
    Result<void> find_doubts(Process& process);

    Debugger& debugger_;
    Poll poll_;
    bool is_stopped_ = false;
    bool reads_directly_ = true;
    std::uint64_t table_address_ = 0;
    Symboliser symboliser_;
    PerfMap perf_map_;  // of the process that was asked about last
    SkipRules skip_;
    Bindings bindings_;
    std::shared_ptr<site::SiteModules> sites_;  // null: not yet asked for
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
