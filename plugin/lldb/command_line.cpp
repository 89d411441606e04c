// SPDX-License-Identifier: MIT
//
// One line from split words; see command_line.h.
#include "command_line.h"

namespace mt::adapter {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:;=/@%^*?[]!~&|<>(){}$#";

}  // namespace

std::string quoted(std::string_view word) {
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string text = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text += '"';
}

std::string command_line(const char* verb, const char* const* words) {
    std::string line = verb;
    for (; words != nullptr && *words != nullptr; ++words) line += ' ' + quoted(*words);
    return line;
}

}  // namespace mt::adapter
