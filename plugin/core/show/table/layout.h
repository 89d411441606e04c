// SPDX-License-Identifier: MIT
//
// A table at a terminal: columns of figures, each as wide as it must be, and a name in what is left
// of the line. Knows no report.
#ifndef MEMTRACE_CORE_SHOW_TABLE_LAYOUT_H
#define MEMTRACE_CORE_SHOW_TABLE_LAYOUT_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "show/renderer.h"

namespace mt::core {

// 25072 as "25,072".
std::string thousands(std::int64_t number, bool sign = false);
// "65.0 %"; empty where there is no whole.
std::string share_of(std::int64_t part, std::int64_t whole);

enum class Style : std::uint8_t { plain, strong, place, name, more, less };
// With what a terminal needs for that; `text` as it is where there is no style.
std::string styled(std::string_view text, Style style, bool has_style);

// Where code is, and what it is called; either may be empty.
struct Where {
    std::string at;    // "parser.hpp:126", can be printed
    std::string name;  // of a function, whole
};

class Layout {
  public:
    Layout(const TableFormat& format, std::vector<std::string> titles);

    // Before the first line: what will stand in it.
    void measure(const std::vector<std::string>& figures, const Where& place);

    std::string titles(std::string_view of_names) const;
    // `styles`: of the figures; may be shorter.
    std::string line(const std::vector<std::string>& figures, const Where& place,
                     const std::vector<Style>& styles = {}) const;
    // Of a sum: its title where names are.
    std::string sum(const std::vector<std::string>& figures, std::string_view title) const;
    // Below a row, under its name.
    std::string below(const Where& place) const;
    std::string source(std::string_view text) const;

    // Columns that are left for a name that begins `indent` after the others; at least a few.
    std::size_t room(std::size_t indent = 0) const;

  private:
    std::string figures_text(const std::vector<std::string>& figures,
                             const std::vector<Style>& styles) const;
    std::string place_text(const Where& place, std::size_t indent) const;
    std::size_t left() const;

    TableFormat format_;
    std::vector<std::string> titles_;
    std::vector<std::size_t> widths_;
    std::size_t places_ = 0;  // the widest Where::at that has a name beside it
};

}  // namespace mt::core

#endif
