// SPDX-License-Identifier: MIT
//
// See leaks.h.
#include "show/text/leaks.h"

#include <fmt/format.h>

#include <array>

#include "model/text.h"
#include "show/text/rows.h"

namespace mt::core {
namespace {

constexpr std::array<const char*, kLeakKinds> kTitles = {
    "definitely lost", "indirectly lost", "possibly lost", "still reachable", "suppressed"};

// A kind that cannot be without a file of suppressions is not named without one.
bool is_shown(const LeaksReport& report, LeakKind kind) {
    return kind != LeakKind::suppressed ||
           report.amounts[static_cast<std::size_t>(kind)].count != 0;
}

}  // namespace

std::string summary_text(const LeaksReport& report) {
    std::string summary = "\n";
    for (std::size_t i = 0; i < kLeakKinds; ++i) {
        if (!is_shown(report, static_cast<LeakKind>(i))) continue;
        const Amount& amount = report.amounts[i];
        summary += fmt::format("{}: {}\n", kTitles[i], format_figures(amount.size, amount.count));
    }
    summary += fmt::format("searched: {}, and the registers of {} thread{}\n",
                           format_size(static_cast<double>(report.searched)), report.threads,
                           report.threads == 1 ? "" : "s");
    return summary;
}

Result<void> write_text(const LeaksReport& report, const Sink& sink) {
    return write_text(report.rows, sink, summary_text(report));
}

}  // namespace mt::core
