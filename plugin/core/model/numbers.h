// SPDX-License-Identifier: MIT
//
// Numbers in a text that somebody typed or wrote: digits alone, no space, a minus for
// signed ones only; a prefix in literal_of() only. Knows no units.
#ifndef MEMTRACE_CORE_MODEL_NUMBERS_H
#define MEMTRACE_CORE_MODEL_NUMBERS_H

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace mt::core {

// The number at the start of `text`, which loses its digits; nothing where there is none or
// `Number` cannot hold it, and then `text` stays as it is.
template <typename Number = std::uint64_t>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
    Number number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return number;
}

// The whole text, or nothing.
template <typename Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
    const auto number = take_number<Number>(text, base);
    return text.empty() ? number : std::nullopt;
}

// The whole text as C writes a number: decimal, or hexadecimal behind 0x or 0X.
inline std::optional<std::uint64_t> literal_of(std::string_view text) {
    const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
    return is_hex ? number_of<std::uint64_t>(text.substr(2), 16) : number_of<std::uint64_t>(text);
}

}  // namespace mt::core

#endif
