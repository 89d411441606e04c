// SPDX-License-Identifier: MIT
//
// See status.h.
#include "app/reports/status.h"

#include <algorithm>
#include <utility>

namespace mt::core {
namespace {

Result<StatusReport> waiting(Session& session, Error error) {
    const Target target = MT_TRY(session.debuggee().target());
    const Start* start = nullptr;
    const bool next_run = error.code == Code::no_process;
    if (next_run && session.next_run().start()) start = &*session.next_run().start();
    if (error.code == Code::no_runtime) start = session.next_run().awaited(target);
    if (start == nullptr) return fail(std::move(error));
    StatusReport report;
    report.waiting = WaitingStart{*start, next_run, std::move(error)};
    return report;
}

}  // namespace

Result<StatusReport> status_of(Session& session) {
    auto process = session.debuggee().process();
    if (!process) return waiting(session, std::move(process.error()));
    ReadOptions options;
    options.unmade = true;
    Table table = MT_TRY(read_table(*process->memory, process->status, options));
    StatusReport report;
    report.head = head_of("status", table);
    report.status = process->status;
    report.status.paused_threads = table.status.paused_threads;
    report.blocks = static_cast<std::uint64_t>(std::max<std::int64_t>(0, table.current_count));
    report.tracebacks = table.traces.size();
    report.own_bytes = table.own_bytes;
    report.losses = std::move(table.losses);
    report.remarks = std::move(table.remarks);
    return report;
}

}  // namespace mt::core
