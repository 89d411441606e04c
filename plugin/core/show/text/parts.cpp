// SPDX-License-Identifier: MIT
//
// See parts.h.
#include "show/text/parts.h"

#include <fmt/format.h>

#include "model/text.h"
#include "report/estimate.h"
#include "show/text/traceback.h"

namespace mt::core {

std::string remarks_text(const std::vector<Remark>& remarks, bool shows_peak) {
    std::string text;
    for (const Remark& remark : remarks)
        if (shows_peak || remark.code != "peak-bound")
            text += "remark: " + escaped(remark.text) + "\n";
    return text;
}

std::string figures_text(const Head& head) {
    return fmt::format("current: {}\npeak: {}\n",
                       format_figures(head.current.size, head.current.count),
                       format_figures(head.peak.size, head.peak.count));
}

std::string row_title(const FrameBook& book, KeyType key, const std::vector<RowFrame>& traceback) {
    const RowFrame& recent = traceback.front();
    std::string title = row_name(book, recent);
    if (key == KeyType::type && recent.offset.value_or(0) != 0)
        title += fmt::format(" ({})", book.text(recent.function.value_or(0)));
    const bool has_line = key != KeyType::function && key != KeyType::domain && !is_of_blocks(key);
    if (has_line) title += fmt::format(":{}", recent.line);
    return title;
}

std::string estimate_text(std::int64_t size, std::int64_t samples, std::uint64_t sample_bytes) {
    if (samples <= 0) return {};
    std::string text = fmt::format(" (estimate: {} sample{}", samples, samples == 1 ? "" : "s");
    if (size > 0) {
        const double part = 100 * error_of(samples, sample_bytes) / static_cast<double>(size);
        text += fmt::format(", +/-{:.{}f} %", part, part < 9.95 ? 1 : 0);
    }
    return text + ")";
}

std::string sampled_text(std::uint64_t sample_bytes) {
    if (sample_bytes == 0) return {};
    return fmt::format(", sampled every {}", format_size(static_cast<double>(sample_bytes)));
}

}  // namespace mt::core
