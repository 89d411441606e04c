// SPDX-License-Identifier: MIT
//
// See differences.h.
#include "app/reports/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/choice.h"
#include "app/reports/making.h"
#include "app/threads.h"
#include "app/types.h"
#include "model/wrapping.h"
#include "report/estimate.h"

namespace mt::core {
namespace {

std::vector<Remark> remarks_of(const Compared& compared) {
    std::vector<Remark> remarks = compared.now->remarks;
    for (Remark remark : compared.old->remarks) {
        remark.text = fmt::format("snapshot {}: {}", compared.old_name, remark.text);
        remarks.push_back(std::move(remark));
    }
    const Identity &now = compared.now->status.identity, &old = compared.old->status.identity;
    if (now.cookie != old.cookie || now.pid != old.pid)
        remarks.push_back({"processes", "the snapshots are of different processes", 0});
    else if (now.generation != old.generation)
        remarks.push_back({"generations",
                           "all traces were dropped between the snapshots (start or clear): blocks "
                           "from before that are missing in the new one",
                           0});
    return remarks;
}

DifferenceReport report_of(Session& session, std::string command, const Compared& compared,
                           const Process* process, const View& view,
                           std::vector<StatisticDiff> rows, StatisticDiff total) {
    DifferenceReport report;
    fill(session.debuggee(), process, view, report);
    report.head = head_of(std::move(command), *compared.now);
    report.rows = std::move(rows);
    report.total = std::move(total);
    report.old = compared.old_name;
    report.now = compared.new_name;
    report.remarks = remarks_of(compared);
    report.remarks.insert(report.remarks.end(), view.remarks.begin(), view.remarks.end());
    const Table &now = *compared.now, &old = *compared.old;
    report.sample_bytes = std::max(now.status.sample_bytes, old.status.sample_bytes);
    if (report.sample_bytes == 0) return report;
    if (is_of_blocks(report.key) && report.total.samples == 0) return report;  // exact
    const bool whole = !view.is_filtered() && compared.only_new == nullptr;
    report.remarks.push_back(sampled_remark(report.total.samples, report.sample_bytes, whole));
    if (whole) {
        report.total.size = now.current_size;
        report.total.count = now.current_count;
        report.total.size_diff = subtract(now.current_size, old.current_size);
        report.total.count_diff = subtract(now.current_count, old.current_count);
        report.total.samples = 0;
    }
    return report;
}

}  // namespace

Result<MadeDifference> make_difference(Session& session, std::string command,
                                       const Compared& compared, const Process* process,
                                       View view) {
    Debuggee& debuggee = session.debuggee();
    // Tracebacks of unequal length would have no row in common.
    view.grouping.limit =
        std::min(compared.now->status.frame_limit, compared.old->status.frame_limit);
    view.grouping.only = compared.only_new;
    Side now = MT_TRY(side_of(debuggee, *compared.now, process, view.grouping));
    view.grouping.only = compared.only_old;
    Side old = MT_TRY(side_of(debuggee, *compared.old, process, view.grouping));
    view.grouping.only = nullptr;
    StatisticDiff total;
    total.size = now.total.size;
    total.size_diff = subtract(now.total.size, old.total.size);
    total.count = now.total.count;
    total.count_diff = subtract(now.total.count, old.total.count);
    total.samples = add(now.total.samples, old.total.samples);
    std::vector<StatisticDiff> rows = MT_TRY(
        compare(debuggee.book(), std::move(now.rows), std::move(old.rows), debuggee.interrupted()));
    if (view.grouping.key == KeyType::thread) {
        const ThreadTitles titles = MT_TRY(ThreadTitles::of(debuggee, process, *compared.now));
        titles.put(debuggee.book(), rows);
    }
    MadeDifference made;
    made.report = report_of(session, std::move(command), compared, process, view, std::move(rows),
                            std::move(total));
    if (made.report.rows.empty())
        if (auto remark = no_match(debuggee.book(), view.grouping.filters))
            made.report.remarks.push_back(std::move(*remark));
    made.compared = compared;
    made.grouping = std::move(view.grouping);
    return made;
}

Result<MadeDifference> difference_of(Session& session, const std::string* old,
                                     const std::string* now, View view) {
    Debuggee& debuggee = session.debuggee();
    const Kept before = MT_TRY(session.shelf().snapshot(old, view.needs_blocks()));
    Compared compared;
    compared.old = before.table;
    compared.old_name = before.called();
    std::optional<Process> process;
    if (now != nullptr) {
        const Kept after = MT_TRY(session.shelf().snapshot(now, view.needs_blocks()));
        compared.now = after.table;
        compared.new_name = after.called();
        process = MT_TRY(debuggee.same_process({after.table.get(), before.table.get()}));
    } else {
        process = MT_TRY(debuggee.process_or_heap());
        if (!process->status.tracing && !process->untraced)
            return fail(
                Code::refused,
                fmt::format("memory allocations are not being traced, so there is nothing to "
                            "compare snapshot {} with; mt diff OLD NEW compares two snapshots",
                            before.called()));
        compared.now = MT_TRY(read_now(*process, wanted(view)));
        if (view.needs_types()) MT_TRY(find_types(debuggee, *process, *compared.now));
        compared.new_name = "now";
        MT_TRY(debuggee.same_process({before.table.get()}));
    }
    MT_TRY(choose_blocks(session, *compared.now, *compared.old, view));
    return make_difference(session, "diff", compared, pointer(process), std::move(view));
}

void remember(Session& session, MadeDifference made) {
    LastReport last;
    last.command = std::move(made.report.head.command);
    last.table = std::move(made.compared.now);
    last.old = std::move(made.compared.old);
    last.new_name = std::move(made.compared.new_name);
    last.old_name = std::move(made.compared.old_name);
    last.grouping = std::move(made.grouping);
    last.changes = without_frames(std::move(made.report.rows));
    session.remember(std::move(last));
}

}  // namespace mt::core
