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

std::string stripped(const std::string& line) {
    const char* space = " \t\r\n\f\v";
    const auto first = line.find_first_not_of(space);
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_last_not_of(space) - first + 1);
}

std::string source_text(const StatisticsReport& report, const RowFrame& frame) {
    if (!report.source_line || frame.file == 0 || frame.line == 0) return {};
    const std::string line =
        stripped(report.source_line(report.book->text(frame.file), frame.line));
    return line.empty() ? line : "    " + escaped(line) + "\n";
}

std::string frame_text(const StatisticsReport& report, const RowFrame& frame) {
    std::string name = printable(report.book->text(frame.label));
    if (frame.plus_offset) name += fmt::format("+0x{:x}", *frame.offset);
    std::string text = fmt::format("  File \"{}\", line {}", name, frame.line);
    if (report.shares && frame.file != 0 && frame.function.value_or(0) != 0)
        text += ", in " + printable(report.book->text(*frame.function));
    return text + "\n" + source_text(report, frame);
}

std::string share_text(std::int64_t part, std::int64_t whole) {
    if (whole <= 0) return {};
    return fmt::format(" ({:.1f} %)",
                       100.0 * static_cast<double>(part) / static_cast<double>(whole));
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

std::string row_name(const FrameBook& book, const RowFrame& row) {
    std::string name = printable(book.text(row.label));
    if (row.plus_offset) name += fmt::format("+0x{:x}", *row.offset);
    return name;
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

std::string statistics_text(const StatisticsReport& report) {
    const auto& rows = *report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    const Sum total = sum_of(rows, 0), other = sum_of(rows, shown);
    const auto estimate = [&report](std::int64_t size, std::int64_t samples) {
        return estimate_text(size, samples, report.sample_bytes);
    };
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        const Statistic& row = rows[i];
        const RowFrame& recent = row.traceback.front();
        const std::string figures = format_statistic(row.size, row.count);
        if (report.shares) {
            text += figures + share_text(row.size, total.size);
        } else {
            const bool has_line = report.key != KeyType::function;
            text += row_name(*report.book, recent) +
                    (has_line ? fmt::format(":{}: ", recent.line) : ": ") + figures;
        }
        text += estimate(row.size, row.samples) + "\n";
        if (report.key == KeyType::traceback)
            for (const RowFrame& frame : row.traceback) text += frame_text(report, frame);
        else
            text += source_text(report, recent);
    }
    if (shown < rows.size())
        text += fmt::format("{} other: {}{}\n", rows.size() - shown,
                            format_figures(other.size, other.count),
                            estimate(other.size, other.samples));
    if (report.exact_total)
        text += fmt::format("Total: {}\n",
                            format_figures(report.exact_total->size, report.exact_total->count));
    else
        text += fmt::format("Total: {}{}\n", format_figures(total.size, total.count),
                            estimate(total.size, total.samples));
    return text + remarks_text(report.remarks);
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

std::string status_text(const StatusReport& report) {
    const Status& status = report.status;
    std::string text =
        fmt::format("tracing: {}{}\n", status.tracing ? "on" : "off",
                    status.tracing && status.paused ? " (paused by the program)" : "");
    text += fmt::format("frames: {}", status.frame_limit);
    if (status.frame_limit > abi::kMaxFrames)
        text += fmt::format(" (capped at {})", abi::kMaxFrames);
    text += "\n";
    if (status.tracing && status.sample_bytes != 0)
        text += fmt::format("sampling: one allocation every {} on average\n",
                            format_size(static_cast<double>(status.sample_bytes)));
    text += figures_text(report.head);
    text += fmt::format("blocks: {}\n", report.blocks);
    text += fmt::format("tracebacks: {}\n", report.tracebacks);
    text += fmt::format("memtrace's own memory: {}\n",
                        format_size(static_cast<double>(report.own_bytes)));
    text += fmt::format("losses: {}\n", losses_text(report.losses));
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

std::string list_text(const std::vector<ListedSnapshot>& snapshots) {
    if (snapshots.empty()) return "no snapshots; mt snapshot takes one\n";
    std::string text;
    for (const ListedSnapshot& one : snapshots)
        // No process number: the text is the same for each run of a program.
        text += fmt::format("{}{}: {}, {} traceback{}{}{}\n", one.number,
                            one.name.empty() ? "" : " " + escaped(one.name),
                            format_figures(one.live.size, one.live.count), one.tracebacks,
                            one.tracebacks == 1 ? "" : "s", sampled_text(one.sample_bytes),
                            one.blocks ? ", with blocks" : "");
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
