// SPDX-License-Identifier: MIT
//
// See progress.h.
#include "target/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace mt::core {
namespace {

constexpr std::size_t kColumns = 79;
constexpr std::size_t kBar = 20;

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t part, std::uint64_t all) {
    if (all == 0) return fmt::format("{} ...", what.substr(0, kColumns - 4));
    const double share = static_cast<double>(std::min(part, all)) / static_cast<double>(all);
    const auto marks = static_cast<std::size_t>(share * kBar);
    const std::string bar = std::string(marks, '#') + std::string(kBar - marks, ' ');
    const auto percent = static_cast<unsigned>(share * 100);
    return fmt::format("{} [{}] {} %", what.substr(0, kColumns - kBar - 9), bar, percent);
}

void Progress::begin() {
    stage("reading the table");
    next_ = Clock::now() + patience;
}

void Progress::end() {
    hide();
    next_ = Clock::time_point::max();
}

void Progress::stage(std::string_view what) {
    what_ = what;
    done(0, 0);
}

void Progress::look() {
    if (!show_) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + every;
    std::string line = progress_line(what_, part_, all_);
    if (line == shown_) return;
    show_(line);
    shown_ = std::move(line);
}

void Progress::hide() {
    if (shown_.empty()) return;
    shown_.clear();
    show_(shown_);
}

}  // namespace mt::core
