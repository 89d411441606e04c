// SPDX-License-Identifier: MIT
//
// See layout.h.
#include "show/table/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "names/shorten.h"
#include "show/names.h"

namespace mt::core {
namespace {

constexpr std::size_t kGap = 2;           // between columns
constexpr std::size_t kLeastRoom = 24;    // for names, however narrow the terminal is
constexpr std::size_t kLeastName = 12;    // beside a place; with less it says nothing
constexpr std::size_t kUnlimited = 4096;  // for names where nothing is cut

const char* code_of(Style style) {
    switch (style) {
        case Style::strong:
            return "\x1b[1m";
        case Style::place:
            return "\x1b[32m";
        case Style::name:
            return "\x1b[33m";
        case Style::more:
            return "\x1b[31m";
        case Style::less:
            return "\x1b[32m";
        case Style::plain:
            break;
    }
    return "";
}

std::string padded_left(std::string_view text, std::size_t width) {
    const std::size_t columns = columns_of(text);
    return std::string(columns < width ? width - columns : 0, ' ') + std::string(text);
}

}  // namespace

std::string thousands(std::int64_t number, bool sign) {
    std::string text = sign ? fmt::format("{:+}", number) : fmt::format("{}", number);
    const std::size_t first = text.find_first_of("0123456789");
    for (std::size_t at = text.size(); at > first + 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string share_of(std::int64_t part, std::int64_t whole) {
    if (whole <= 0) return {};
    return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string styled(std::string_view text, Style style, bool has_style) {
    if (!has_style || style == Style::plain || text.empty()) return std::string(text);
    return code_of(style) + std::string(text) + "\x1b[0m";
}

Layout::Layout(const TableFormat& format, std::vector<std::string> titles)
    : format_(format), titles_(std::move(titles)), widths_(titles_.size()) {
    // Who writes a line's last column makes some terminals begin the next one.
    if (format_.columns != 0) --format_.columns;
    for (std::size_t i = 0; i < titles_.size(); ++i) widths_[i] = columns_of(titles_[i]);
}

void Layout::measure(const std::vector<std::string>& figures, const Where& place) {
    for (std::size_t i = 0; i < figures.size() && i < widths_.size(); ++i)
        widths_[i] = std::max(widths_[i], columns_of(figures[i]));
    if (!place.name.empty()) places_ = std::max(places_, columns_of(place.at));
}

std::size_t Layout::left() const {
    std::size_t columns = 0;
    for (const std::size_t width : widths_) columns += width + kGap;
    return columns;
}

std::size_t Layout::room(std::size_t indent) const {
    if (format_.columns == 0) return kUnlimited;
    const std::size_t before = left() + indent;
    return std::max(kLeastRoom, format_.columns > before ? format_.columns - before : 0);
}

std::string Layout::figures_text(const std::vector<std::string>& figures,
                                 const std::vector<Style>& styles) const {
    std::string text;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
        const std::string figure = i < figures.size() ? figures[i] : std::string();
        const std::string padding(widths_[i] - std::min(widths_[i], columns_of(figure)), ' ');
        text += padding +
                styled(figure, i < styles.size() ? styles[i] : Style::plain, format_.has_style);
        text += std::string(kGap, ' ');
    }
    return text;
}

// Places have at most half of the room, names what these leave.
std::string Layout::place_text(const Where& place, std::size_t indent) const {
    const std::size_t room = this->room(indent);
    const bool style = format_.has_style;
    if (place.name.empty()) return styled(shortened_path(place.at, room), Style::place, style);
    if (place.at.empty()) return styled(function_text(place.name, room), Style::name, style);
    const std::size_t width = std::min(places_, room / 2);
    const std::string at = shortened_path(place.at, width);
    const std::size_t rest = room - std::min(room, width + kGap);
    if (rest < kLeastName) return styled(shortened_path(place.at, room), Style::place, style);
    const std::string padding(width - std::min(width, columns_of(at)) + kGap, ' ');
    return styled(at, Style::place, style) + padding +
           styled(function_text(place.name, rest), Style::name, style);
}

std::string Layout::titles(std::string_view of_names) const {
    std::string text;
    for (std::size_t i = 0; i < titles_.size(); ++i)
        text += padded_left(titles_[i], widths_[i]) + std::string(kGap, ' ');
    return styled(text + std::string(of_names), Style::strong, format_.has_style) + "\n";
}

std::string Layout::line(const std::vector<std::string>& figures, const Where& place,
                         const std::vector<Style>& styles) const {
    return figures_text(figures, styles) + place_text(place, 0) + "\n";
}

std::string Layout::sum(const std::vector<std::string>& figures, std::string_view title) const {
    return figures_text(figures, {}) + std::string(title) + "\n";
}

std::string Layout::below(const Where& place) const {
    return std::string(left() + kGap, ' ') + place_text(place, kGap) + "\n";
}

std::string Layout::source(std::string_view text) const {
    const std::size_t room = this->room(2 * kGap);
    std::string shown(text);
    if (columns_of(shown) > room) {
        std::size_t end = 0;
        for (std::size_t columns = 0; end < shown.size(); ++end) {
            const bool begins = (static_cast<unsigned char>(shown[end]) & 0xc0) != 0x80;
            if (begins && columns++ == room - 3) break;
        }
        shown = shown.substr(0, end) + "...";
    }
    return std::string(left() + 2 * kGap, ' ') + shown + "\n";
}

}  // namespace mt::core
