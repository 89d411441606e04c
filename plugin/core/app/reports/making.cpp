// SPDX-License-Identifier: MIT
//
// See making.h.
#include "app/reports/making.h"

#include <utility>

namespace mt::core {
namespace {

Result<std::vector<Statistic>> group(Debuggee& debuggee, const Table& table, const Process* process,
                                     const Grouping& grouping) {
    Resolver resolver = debuggee.resolver(table, process);
    return statistics(resolver, debuggee.skip(), grouping, debuggee.interrupted());
}

// Each trace once, also where rows count it several times.
Result<Sum> total_of(Debuggee& debuggee, const Table& table, const Process* process,
                     const Grouping& grouping, const std::vector<Statistic>& rows) {
    if (!grouping.cumulative) return sum_of(rows, 0);
    Grouping once = grouping;
    once.cumulative = false;
    once.key = KeyType::domain;
    auto domains = MT_TRY(group(debuggee, table, process, once));
    return sum_of(domains, 0);
}

}  // namespace

Result<Side> side_of(Debuggee& debuggee, const Table& table, const Process* process,
                     const Grouping& grouping) {
    Side side;
    side.rows = MT_TRY(group(debuggee, table, process, grouping));
    side.total = MT_TRY(total_of(debuggee, table, process, grouping, side.rows));
    return side;
}

void fill(Debuggee& debuggee, const Process* process, const View& view, RowReport& report) {
    report.key = view.grouping.key;
    report.cumulative = view.grouping.cumulative;
    report.book = &debuggee.book();
    report.shown = view.rows;
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = view.most_recent_first;
    report.traceback.functions = view.shares;
    // Traceback.format() has source lines without being asked.
    if (view.source || view.grouping.key == KeyType::traceback)
        report.traceback.source_line =
            debuggee.source_lines(process == nullptr || !process->target.remote);
}

ReadOptions wanted(const View& view, bool blocks) {
    ReadOptions options;
    options.blocks = blocks || view.needs_blocks();
    options.threads = blocks || view.needs_thread_traces();
    return options;
}

}  // namespace mt::core
