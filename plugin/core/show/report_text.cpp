// SPDX-License-Identifier: MIT
//
// The text form of report.h. Largest first; a cut list says what was cut; names
// of the traced program are made safe here and nowhere else.
#include <fmt/format.h>

#include <algorithm>

#include "abi/layout.h"
#include "show/estimate.h"
#include "show/report.h"
#include "show/text.h"

namespace mt::core {
namespace {

std::string share_text(std::int64_t part, std::int64_t whole) {
    if (whole <= 0) return {};
    return fmt::format(" ({:.1f} %)",
                       100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// What was allocated in all, of which most may be gone.
std::string totals_text(Sort sort, std::uint64_t size, std::uint64_t count,
                        std::uint64_t temporary) {
    if (!is_total(sort)) return {};
    return fmt::format(
        " (total: {}, temporary={})",
        format_statistic(static_cast<std::int64_t>(size), static_cast<std::int64_t>(count)),
        temporary);
}

std::string row_text(const StatisticsReport& report, const Statistic& row) {
    const std::string figures = format_statistic(row.size, row.count);
    std::string text = report.shares ? figures + share_text(row.size, report.total.size)
                                     : row_title(report, row.traceback) + ": " + figures;
    text += totals_text(report.sort, row.total_size, row.total_count, row.temporary_count);
    text += estimate_text(row.size, row.samples, report.sample_bytes) + "\n";
    if (report.key == KeyType::traceback)
        return text + traceback_text(*report.book, report.traceback, row.traceback);
    return text + source_text(*report.book, report.traceback.source_line, row.traceback.front());
}

std::string sum_text(const StatisticsReport& report, const Sum& sum, bool exact) {
    return format_figures(sum.size, sum.count) +
           totals_text(report.sort, sum.total_size, sum.total_count, sum.temporary_count) +
           (exact ? "" : estimate_text(sum.size, sum.samples, report.sample_bytes)) + "\n";
}

const char* origin_text(std::uint32_t origin) {
    switch (static_cast<abi::Origin>(origin)) {
        case abi::Origin::preloaded:
            return "preloaded";
        case abi::Origin::linked:
            return "linked";
        default:
            return "unknown";
    }
}

std::string hindered_text(const Status& status) {
    if (status.unmade) return ", but there is no memory for the table: nothing is recorded";
    if (status.paused) return " (paused by the program)";
    if (status.paused_threads == 0) return {};
    return fmt::format(" (paused by the program in {} thread{})", status.paused_threads,
                       status.paused_threads == 1 ? "" : "s");
}

std::string losses_text(const std::vector<Loss>& losses) {
    std::string text;
    for (const Loss& loss : losses)
        if (loss.since_state != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", loss.since_state,
                                printable(loss.name));
    return text.empty() ? "none" : text;
}

}  // namespace

Head head_of(std::string command, const Table& table) {
    Head head;
    head.command = std::move(command);
    head.tracing = table.status.tracing;
    head.current = {table.current_size, table.current_count};
    head.peak = {table.peak_size, table.peak_count};
    head.traceback_limit = table.status.frame_limit;
    return head;
}

std::string row_title(const RowReport& report, const std::vector<RowFrame>& traceback) {
    const RowFrame& recent = traceback.front();
    std::string title = row_name(*report.book, recent);
    const bool has_line = report.key != KeyType::function && report.key != KeyType::domain &&
                          report.key != KeyType::thread;
    if (has_line) title += fmt::format(":{}", recent.line);
    return title;
}

std::string remarks_text(const std::vector<Remark>& remarks) {
    std::string text;
    for (const Remark& remark : remarks) text += "remark: " + escaped(remark.text) + "\n";
    return text;
}

std::string figures_text(const Head& head) {
    return fmt::format("current: {}\npeak: {}\n",
                       format_figures(head.current.size, head.current.count),
                       format_figures(head.peak.size, head.peak.count));
}

Result<void> statistics_text(const StatisticsReport& report, const Sink& sink) {
    const auto& rows = *report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    for (std::size_t i = 0; i < shown; ++i) MT_TRY(sink(row_text(report, rows[i])));
    std::string text;
    if (shown < rows.size() && report.cumulative)
        text += fmt::format("{} other\n", rows.size() - shown);
    else if (shown < rows.size())
        text += fmt::format("{} other: ", rows.size() - shown) +
                sum_text(report, sum_of(rows, shown), false);
    text += "Total: " + sum_text(report, report.total, report.exact_total);
    return sink(text + remarks_text(report.remarks));
}

std::string reason_text(std::uint32_t reason) {
    switch (static_cast<abi::Reason>(reason)) {
        case abi::Reason::none:
            return {};
        case abi::Reason::bad_environment:
            return "MEMTRACE in its environment is no valid setting";
        case abi::Reason::no_next_malloc:
            return "it did not find the real allocation functions";
        case abi::Reason::second_copy:
            return "another copy of the runtime was loaded before it";
        case abi::Reason::no_memory:
            return "it could not map memory for its table";
        case abi::Reason::secure_process:
            return "the program runs with raised privileges, so its environment was ignored";
    }
    return fmt::format("reason {}", reason);
}

namespace {

// Whether the program's blocks come from where memtrace sees them (binding/).
bool sees_all(const std::vector<Remark>& remarks) {
    return std::none_of(remarks.begin(), remarks.end(), [](const Remark& remark) {
        return remark.code == "foreign-malloc" || remark.code == "unseen-modules" ||
               remark.code == "unknown-malloc";
    });
}

}  // namespace

std::string status_text(const StatusReport& report) {
    const Status& status = report.status;
    std::string text = fmt::format(
        "tracing: {}\n", status.tracing ? "on" + hindered_text(status) : std::string("off"));
    text += fmt::format("frames: {}", status.frame_limit);
    if (status.frame_limit > abi::kMaxFrames)
        text += fmt::format(" (capped at {})", abi::kMaxFrames);
    text += "\n";
    if (status.tracing && status.sample_bytes != 0)
        text += fmt::format("sampling: one allocation every {} on average\n",
                            format_size(static_cast<double>(status.sample_bytes)));
    if (status.tracing && status.stamps)
        text += fmt::format("stamps: on, {} mark{}\n", status.mark, status.mark == 1 ? "" : "s");
    if (!status.unmade) {
        text += figures_text(report.head);
        text += fmt::format("blocks: {}\n", report.blocks);
        text += fmt::format("tracebacks: {}\n", report.tracebacks);
    }
    text += fmt::format("memtrace's own memory: {}\n",
                        format_size(static_cast<double>(report.own_bytes)));
    text += fmt::format("losses: {}{}\n", losses_text(report.losses),
                        sees_all(report.remarks) ? "" : " of what is seen");
    text += fmt::format("runtime: {}", origin_text(status.origin));
    if (const std::string reason = reason_text(status.reason); !reason.empty())
        text +=
            fmt::format(" ({}{})",
                        status.runtime_status == static_cast<std::uint32_t>(abi::Status::refused)
                            ? "cannot trace: "
                            : "",
                        reason);
    text += fmt::format("\ntable format: {}.{}\n", status.major, status.minor);
    return text + remarks_text(report.remarks);
}

std::string list_text(const std::vector<ListedSnapshot>& snapshots,
                      const std::vector<ListedMark>& marks) {
    std::string text;
    if (snapshots.empty()) text = "no snapshots; mt snapshot takes one\n";
    for (const ListedSnapshot& one : snapshots)
        // No process number: the text is the same for each run of a program.
        text += fmt::format("{}{}: {}, {} traceback{}{}{}{}\n", one.number,
                            one.name.empty() ? "" : " " + escaped(one.name),
                            format_figures(one.live.size, one.live.count), one.tracebacks,
                            one.tracebacks == 1 ? "" : "s", sampled_text(one.sample_bytes),
                            one.blocks ? ", with blocks" : "",
                            one.file.empty() ? "" : ", from " + printable(one.file));
    for (const ListedMark& mark : marks)
        text += fmt::format("mark {}{}\n", mark.number,
                            mark.name.empty() ? "" : " " + escaped(mark.name));
    return text;
}

std::string conditions_text(const std::vector<ListedCondition>& conditions) {
    if (conditions.empty()) return "no conditions; mt break --total 500M makes one\n";
    std::string text;
    for (const ListedCondition& one : conditions)
        text +=
            fmt::format("{}: {}{}{}, {} hit{}\n", one.number, one.text, one.once ? ", once" : "",
                        one.enabled ? "" : ", disabled", one.hits, one.hits == 1 ? "" : "s");
    return text;
}

std::string config_text(const ConfigReport& config) {
    std::string text = fmt::format("rows {}\nsource {}\ndirect {}\n", config.rows,
                                   config.source ? "on" : "off", config.direct ? "on" : "off");
    for (const SkippedPattern& pattern : config.skip)
        text += fmt::format("skip {} {}\n", pattern.kind, escaped(pattern.glob));
    return text;
}

}  // namespace mt::core
