// SPDX-License-Identifier: MIT
//
// See tracing.h.
#include "app/tracing.h"

#include <fmt/format.h>

#include "abi/layout.h"
#include "read/lookup.h"
#include "report/reason.h"

namespace mt::core {
namespace {

Result<void> can_trace(const Status& status) {
    if (status.runtime_status != static_cast<std::uint32_t>(abi::Status::refused)) return {};
    return fail(Code::refused, fmt::format("the runtime cannot trace this program: {}",
                                           reason_text(status.reason)));
}

// A number has no place for a remark.
Result<Process> exact_process(Session& session) {
    Process process = MT_TRY(session.debuggee().process(false));
    if (!process.doubts.empty()) return fail(Code::damaged, process.doubts.front().text);
    return process;
}

Result<Process> traced_process(Session& session) {
    Process process = MT_TRY(exact_process(session));
    if (!process.status.tracing) return fail(Code::refused, "tracing is off; mt start begins");
    return process;
}

Result<Table> read_sums(const Process& process) {
    ReadOptions options;
    options.counters = false;
    return read_table(*process.memory, process.status, options);
}

}  // namespace

Result<Started> start_tracing(Session& session, const Start& start) {
    Debuggee& debuggee = session.debuggee();
    const Target target = MT_TRY(debuggee.target());
    if (target.is_absent()) {
        MT_TRY(session.next_run().prepare(start));
        return Started{When::with_next_run, start, {}};
    }
    MT_TRY(may_change(target, "start"));
    auto process = debuggee.process();
    if (!process && process.error().code == Code::no_runtime && !target.running) {
        // A process whose libraries are not mapped yet (starti).
        const bool has_libc = MT_TRY(debuggee.has_libc());
        bool waits = false;
        if (!has_libc) waits = MT_TRY(session.next_run().await(target, start));
        if (waits) return Started{When::on_load, start, {}};
    }
    if (!process) return fail(std::move(process.error()));
    const Status& status = process->status;
    MT_TRY(can_trace(status));
    if (status.tracing)
        return Started{
            When::before,
            {status.frame_limit, status.sample_bytes, status.freed_blocks, status.stamps},
            {}};
    MT_TRY(debuggee.control(*process).start(start));
    return Started{When::now, start, status.remarks};
}

Result<When> stop_tracing(Session& session) {
    Debuggee& debuggee = session.debuggee();
    const Target target = MT_TRY(debuggee.target());
    MT_TRY(may_change(target, "stop"));
    if (target.is_absent() && session.next_run().start()) {
        MT_TRY(session.next_run().forget_start());
        return When::with_next_run;
    }
    auto process = debuggee.process();
    if (!process && process.error().code == Code::no_runtime &&
        session.next_run().awaited(target) != nullptr) {
        session.next_run().forget_awaited();
        return When::on_load;
    }
    if (!process) return fail(std::move(process.error()));
    if (!process->status.tracing) return When::before;
    MT_TRY(debuggee.control(*process).stop());
    return When::now;
}

Result<bool> clear_traces(Session& session) {
    const Target target = MT_TRY(session.debuggee().target());
    MT_TRY(may_change(target, "clear"));
    const Process process = MT_TRY(session.debuggee().process());
    if (!process.status.tracing) return false;
    MT_TRY(session.debuggee().control(process).clear());
    return true;
}

Result<void> reset_peak(Session& session) {
    const Process process = MT_TRY(session.debuggee().process());
    if (process.target.kind != TargetKind::live)
        return fail(Code::refused,
                    fmt::format("a {} cannot be changed, so its peak cannot be reset",
                                process.is_core() ? "core file" : "recording"));
    if (!process.status.tracing) return {};
    return session.debuggee().control(process).reset_peak();
}

Result<Marked> set_mark(Session& session, const std::string* name, bool replace) {
    if (name != nullptr) MT_TRY(session.shelf().check_name(*name, replace));
    const Target target = MT_TRY(session.debuggee().target());
    MT_TRY(may_change(target, "mark"));
    const Process process = MT_TRY(session.debuggee().process());
    if (!process.status.tracing)
        return fail(Code::refused,
                    "tracing is off, so there is nothing to mark; mt start begins to trace");
    Marked marked;
    marked.mark.sequence = MT_TRY(session.debuggee().control(process).mark());
    marked.mark.name = name != nullptr ? *name : "";
    marked.mark.process = process.status.identity;
    marked.first_stamps = !process.status.stamps;
    session.shelf().keep(marked.mark);
    return marked;
}

Result<void> runtime_loaded(Session& session) {
    NextRun& next = session.next_run();
    Conditions& conditions = session.conditions();
    if (!next.is_awaited() && conditions.all().empty()) return {};
    const Target target = MT_TRY(session.debuggee().target());
    const std::uint64_t root = MT_TRY(session.debuggee().root());
    if (const Start* start = next.awaited(target))
        MT_TRY(Control(session.debuggee().debugger(), root).start(*start));
    next.forget_awaited();  // also one of a process that is gone
    if (conditions.all().empty()) return {};
    conditions.forget_process();
    return conditions.arm(root);
}

Result<std::pair<std::uint64_t, std::uint64_t>> traced_memory(Session& session) {
    const Process process = MT_TRY(traced_process(session));
    const Table table = MT_TRY(read_sums(process));
    return std::make_pair(static_cast<std::uint64_t>(table.current_size),
                          static_cast<std::uint64_t>(table.peak_size));
}

Result<Block> block_at(Session& session, std::uint64_t address) {
    const Process process = MT_TRY(traced_process(session));
    const Table table = MT_TRY(read_blocks_at(*process.memory, process.status, address));
    if (table.blocks.empty() || table.domain_of(table.blocks.front()) != 0) return Block{};
    return table.blocks.front();
}

Result<Table> exact_sums(Session& session) {
    const Process process = MT_TRY(exact_process(session));
    return read_sums(process);
}

}  // namespace mt::core
