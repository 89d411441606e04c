// SPDX-License-Identifier: MIT
//
// The symbols that may stand after "operator" in a name, where brackets are none. Pure text.
#ifndef MEMTRACE_CORE_NAMES_OPERATORS_H
#define MEMTRACE_CORE_NAMES_OPERATORS_H

#include <array>
#include <cstddef>
#include <string_view>

namespace mt::core {

// Length of the symbol at the start of `text`, which stands after "operator"; 0 for a
// conversion or a named one such as new.
inline std::size_t operator_symbol(std::string_view text) {
    constexpr std::array<std::string_view, 39> kSymbols = {
        "->*", "<=>", "<<=", ">>=", "()", "[]", "->", "<<", ">>", "<=", ">=", "==", "!=",
        "&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<",
        ">",   "+",   "-",   "*",   "/",  "%",  "^",  "&",  "|",  "~",  "!",  "=",  ","};
    for (const std::string_view symbol : kSymbols)
        if (text.substr(0, symbol.size()) == symbol) return symbol.size();
    return 0;
}

}  // namespace mt::core

#endif
