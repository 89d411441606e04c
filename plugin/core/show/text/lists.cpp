// SPDX-License-Identifier: MIT
//
// See lists.h.
#include "show/text/lists.h"

#include <fmt/format.h>

#include <algorithm>

#include "abi/layout.h"
#include "model/text.h"
#include "report/reason.h"
#include "show/text/parts.h"
#include "show/text/stops.h"

namespace mt::core {
namespace {

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

// Whether the program's blocks come from where memtrace sees them (binding/).
bool sees_all(const std::vector<Remark>& remarks) {
    return std::none_of(remarks.begin(), remarks.end(), [](const Remark& remark) {
        return remark.code == "foreign-malloc" || remark.code == "unseen-modules" ||
               remark.code == "unknown-malloc";
    });
}

std::string box_text(const BoxStatus& box) {
    switch (static_cast<abi::BoxState>(box.state)) {
        case abi::BoxState::none:
            return {};
        case abi::BoxState::failed:
            return fmt::format("black box: none: {}\n", box_error_text(box.error));
        case abi::BoxState::parents:
            return "black box: none: its parent has one\n";
        default:
            break;
    }
    std::string text = fmt::format("black box: {}", printable(box.path));
    if (box.missing != 0)
        text +=
            fmt::format(", without {} of the table: {}",
                        format_size(static_cast<double>(box.missing)), box_error_text(box.error));
    return text + "\n";
}

std::string waiting_text(const WaitingStart& waiting) {
    return fmt::format("tracing: off; starts {} (frames: {}{})\n",
                       waiting.next_run ? "with the next run" : "as soon as the runtime is loaded",
                       waiting.start.frames, sampled_text(waiting.start.sample_bytes));
}

}  // namespace

std::string text_of(const StatusReport& report) {
    if (report.waiting) return waiting_text(*report.waiting);
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
    text += box_text(status.box);
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
    return text + remarks_text(report.remarks, true);
}

std::string text_of(const ListReport& report) {
    std::string text;
    if (report.snapshots.empty()) text = "no snapshots; mt snapshot takes one\n";
    for (const ListedSnapshot& one : report.snapshots)
        // No process number: the text is the same for each run of a program.
        text += fmt::format("{}{}: {}, {} traceback{}{}{}{}\n", one.number,
                            one.name.empty() ? "" : " " + escaped(one.name),
                            format_figures(one.live.size, one.live.count), one.tracebacks,
                            one.tracebacks == 1 ? "" : "s", sampled_text(one.sample_bytes),
                            one.blocks ? ", with blocks" : "",
                            one.file.empty() ? "" : ", from " + printable(one.file));
    for (const ListedMark& mark : report.marks)
        text += fmt::format("mark {}{}\n", mark.number,
                            mark.name.empty() ? "" : " " + escaped(mark.name));
    return text + remarks_text(report.remarks);
}

std::string text_of(const ConditionsReport& report) {
    if (report.conditions.empty()) return "no conditions; mt break --total 500M makes one\n";
    std::string text;
    for (const Condition& one : report.conditions)
        text += fmt::format("{}: {}{}{}, {} hit{}\n", one.number, condition_text(one),
                            one.once ? ", once" : "", one.enabled ? "" : ", disabled", one.hits,
                            one.hits == 1 ? "" : "s");
    return text;
}

std::string text_of(const ConfigReport& config) {
    const std::string table = config.table == 0 ? "auto" : fmt::format("{:#x}", config.table);
    std::string text = fmt::format("rows {}\nsource {}\ndirect {}\ntable {}\nstyle {}\n",
                                   config.rows, config.source ? "on" : "off",
                                   config.direct ? "on" : "off", table, config.style);
    for (const SkippedPattern& pattern : config.skip)
        text += fmt::format("skip {} {}\n", pattern.kind, escaped(pattern.glob));
    return text;
}

}  // namespace mt::core
