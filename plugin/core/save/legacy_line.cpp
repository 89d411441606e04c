// SPDX-License-Identifier: MIT
//
// See legacy_line.h.
#include "save/legacy_line.h"

#include <algorithm>

#include "model/numbers.h"

namespace mt::core {
namespace {

constexpr std::string_view kSpace = " \t\r";

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

bool take(std::string_view& text, std::string_view word) {
    skip_space(text);
    if (text.substr(0, word.size()) != word) return false;
    text.remove_prefix(word.size());
    return true;
}

template <typename T>
bool take_figure(std::string_view& text, T& value, int base = 10) {
    skip_space(text);
    if (base == 16 && text.substr(0, 2) == "0x") text.remove_prefix(2);
    const auto number = take_number<T>(text, base);
    if (number) value = *number;
    return number.has_value();
}

std::string_view take_word(std::string_view& text) {
    skip_space(text);
    const std::size_t end = std::min(text.find_first_of(kSpace), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

}  // namespace

std::string_view stripped_line(std::string_view line) {
    skip_space(line);
    const std::size_t last = line.find_last_not_of(kSpace);
    return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

std::optional<LegacyFigures> legacy_figures(std::string_view line) {
    LegacyFigures made;
    SampleFigures& f = made.figures;
    if (!take_figure(line, f.count) || !take(line, ":") || !take_figure(line, f.size) ||
        !take(line, "[") || !take_figure(line, f.alloc_count) || !take(line, ":") ||
        !take_figure(line, f.alloc_size) || !take(line, "]"))
        return std::nullopt;
    made.rest = stripped_line(line);
    return made;
}

std::optional<std::vector<std::uint64_t>> legacy_stack(std::string_view line) {
    if (!take(line, "@")) return std::nullopt;
    std::vector<std::uint64_t> addresses;
    for (std::uint64_t address = 0; take_figure(line, address, 16);) addresses.push_back(address);
    skip_space(line);
    if (!line.empty()) return std::nullopt;
    return addresses;
}

std::optional<LegacyMapping> legacy_mapping(std::string_view line) {
    LegacyMapping made;
    if (!take_figure(line, made.start, 16) || !take(line, "-") || !take_figure(line, made.end, 16))
        return std::nullopt;
    if (take_word(line).size() < 4 || !take_figure(line, made.offset, 16)) return std::nullopt;
    take_word(line);  // device
    take_word(line);  // inode
    made.path = stripped_line(line);
    return made;
}

std::optional<LegacySymbol> legacy_symbol(std::string_view line) {
    LegacySymbol made;
    if (line.substr(0, 2) != "0x" || !take_figure(line, made.address, 16)) return std::nullopt;
    line = stripped_line(line);
    while (!line.empty()) {
        const std::size_t end = std::min(line.find("--"), line.size());
        if (end != 0) made.names.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 2, line.size()));
    }
    std::reverse(made.names.begin(), made.names.end());  // the outermost one stands first
    return made;
}

std::optional<LegacyHeader> legacy_header(std::string_view line) {
    LegacyHeader made;
    if (take(line, "heap profile:")) {
        const auto total = legacy_figures(line);
        if (!total) return std::nullopt;
        line = total->rest;
        if (!take(line, "@")) return std::nullopt;
    } else {
        made.per_thread = true;
    }
    std::string_view kind = take_word(line);
    const std::size_t slash = std::min(kind.find('/'), kind.size());
    std::string_view rate = kind.substr(std::min(slash + 1, kind.size()));
    made.kind = kind.substr(0, slash);
    if (!rate.empty() && (!take_figure(rate, made.rate) || !rate.empty())) return std::nullopt;
    if (made.kind == "heap") made.rate /= 2;  // Go writes it doubled
    if (made.kind == "heapprofile") made.rate = 0;
    return made;
}

}  // namespace mt::core
