// SPDX-License-Identifier: MIT
//
// See text.h.
#include "model/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <vector>

#include "model/utf8.h"

namespace mt::core {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::string_view kGap = "...";

bool is_dangerous(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

// One entry per character as it will be shown.
std::vector<std::string> characters(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const Character next = character_at(text);
        if (next.valid && !is_dangerous(next.code)) {
            out.emplace_back(text.substr(0, next.length));
        } else {
            std::string bytes;
            for (char c : text.substr(0, next.length))
                bytes += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
            out.push_back(std::move(bytes));
        }
        text.remove_prefix(next.length);
    }
    return out;
}

}  // namespace

std::string format_size(double bytes, bool sign) {
    static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    for (std::size_t i = 0;; ++i) {
        const bool last = i + 1 == kUnits.size();
        if (std::fabs(bytes) < 100 && i != 0)
            return sign ? fmt::format("{:+.1f} {}", bytes, kUnits[i])
                        : fmt::format("{:.1f} {}", bytes, kUnits[i]);
        if (std::fabs(bytes) < 10 * 1024 || last)
            return sign ? fmt::format("{:+.0f} {}", bytes, kUnits[i])
                        : fmt::format("{:.0f} {}", bytes, kUnits[i]);
        bytes /= 1024;
    }
}

std::string format_figures(std::int64_t size, std::int64_t count) {
    return fmt::format("size={}, count={}", format_size(size), count);
}

std::string format_statistic(std::int64_t size, std::int64_t count) {
    std::string text = format_figures(size, count);
    if (count != 0)
        text += fmt::format(", average={}",
                            format_size(static_cast<double>(size) / static_cast<double>(count)));
    return text;
}

std::string format_difference(std::int64_t size, std::int64_t size_diff, std::int64_t count,
                              std::int64_t count_diff, bool average) {
    std::string text =
        fmt::format("size={} ({}), count={} ({:+})", format_size(size),
                    format_size(static_cast<double>(size_diff), true), count, count_diff);
    if (average && count != 0)
        text += fmt::format(", average={}",
                            format_size(static_cast<double>(size) / static_cast<double>(count)));
    return text;
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const std::string& character : characters(text)) out += character;
    return out;
}

std::string printable(std::string_view text) {
    bool plain = text.size() <= kLongestName;
    for (char c : text) plain = plain && c >= 0x20 && c < 0x7f;
    if (plain) return std::string(text);
    const std::vector<std::string> shown = characters(text);
    std::size_t head = shown.size(), tail = 0;
    if (shown.size() > kLongestName) {
        head = (kLongestName - kGap.size() + 1) / 2;
        tail = kLongestName - kGap.size() - head;
    }
    std::string out;
    for (std::size_t i = 0; i < head; ++i) out += shown[i];
    if (head < shown.size()) out += kGap;
    for (std::size_t i = shown.size() - tail; i < shown.size(); ++i) out += shown[i];
    return out;
}

}  // namespace mt::core
