// SPDX-License-Identifier: MIT
//
// status, snapshot, stats, peak, diff, traceback: the verbs that report. Each is a pure
// read; a snapshot is kept only after its report could be shown.
#include "command/report_verbs.h"

#include <fmt/format.h>

#include "app/reports/differences.h"
#include "app/reports/rows.h"
#include "app/reports/stacks.h"
#include "app/reports/status.h"
#include "app/tracing.h"
#include "command/view.h"
#include "model/numbers.h"

namespace mt::core {

Result<void> run_status(Front& front) {
    const StatusReport report = MT_TRY(status_of(front.session));
    return front.show(report);
}

Result<void> run_snapshot(Front& front) {
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    const std::string* name = front.word(0);
    if (name != nullptr) MT_TRY(front.session.shelf().check_name(*name, front.has("--replace")));
    MadeReport made = MT_TRY(take_snapshot(front.session, std::move(view), front.has("--blocks")));
    MT_TRY(front.show(made.report));
    front.session.shelf().keep(name != nullptr ? *name : "", made.table);
    remember(front.session, std::move(made));
    return {};
}

Result<void> run_stats(Front& front) {
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    MadeReport made =
        MT_TRY(statistics_of(front.session, front.word(0), std::move(view), front.has("--blocks")));
    MT_TRY(front.show(made.report));
    remember(front.session, std::move(made));
    return {};
}

Result<void> run_peak(Front& front) {
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    const bool reset = front.has("--reset");
    MadeReport made = MT_TRY(peak_report(front.session, std::move(view), reset));
    MT_TRY(front.show(made.report));
    // Last, so that an interrupted command has changed nothing.
    if (reset) MT_TRY(reset_peak(front.session));
    remember(front.session, std::move(made));
    return {};
}

Result<void> run_diff(Front& front) {
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    MadeDifference made =
        MT_TRY(difference_of(front.session, front.word(0), front.word(1), std::move(view)));
    MT_TRY(front.show(made.report));
    remember(front.session, std::move(made));
    return {};
}

Result<void> run_traceback(Front& front) {
    const std::size_t rows = MT_TRY(rows_to_explain(front.session));
    const std::string* word = front.word(0);
    if (word == nullptr)
        return fail(Code::usage, "mt traceback takes the number of a row of the last report");
    const auto row = number_of<std::size_t>(*word);
    if (!row || *row < 1 || *row > rows)
        return fail(Code::usage,
                    fmt::format("the last report has rows 1 to {}, not {}", rows, *word));
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    const Stacks stacks = MT_TRY(stacks_of(front.session, *row, std::move(view)));
    return std::visit([&front](const auto& report) { return front.show(report); }, stacks);
}

}  // namespace mt::core
