// SPDX-License-Identifier: MIT
//
// From what the user typed to words and options. One grammar for both
// debuggers: GNU style, unique abbreviations (docs/invariants.md), one error text. Knows options by
// the verbs' lists only, and what they mean not at all.
#ifndef MEMTRACE_CORE_COMMAND_PARSE_H
#define MEMTRACE_CORE_COMMAND_PARSE_H

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace mt::core {

enum class Level : std::uint8_t { none, row, block };  // what a statistics option is about

struct Option {
    std::string_view name;        // "--by"
    std::string_view short_name;  // "-n", or empty
    std::string_view argument;    // "KEY"; empty = a switch
    Level level = Level::none;
    std::string_view help;
};

struct Arguments {
    std::map<std::string, std::vector<std::string>> values;  // by long name, as they were given
    std::set<std::string> switches;
    std::vector<std::string> words;

    bool has(const std::string& name) const { return switches.count(name) != 0; }
    // Of an option that was given again the last one counts …
    const std::string* value(const std::string& name) const {
        const auto found = values.find(name);
        return found == values.end() ? nullptr : &found->second.back();
    }
    // … unless it collects.
    const std::vector<std::string>& all(const std::string& name) const {
        static const std::vector<std::string> none;
        const auto found = values.find(name);
        return found == values.end() ? none : found->second;
    }
};

// A number of bytes: "524288", "512K", "512KiB"; K, M, G and T are powers of 1024.
// Nothing when the text is none, or means more than fits.
std::optional<std::uint64_t> bytes_of(std::string_view text);

// What a message says of a value that is missing.
inline std::string_view or_nothing(std::string_view text) {
    return text.empty() ? "nothing" : text;
}

// The place of the one name that `text` is or begins; `what` takes one of them.
Result<std::size_t> choice(std::string_view what, std::span<const std::string_view> names,
                           std::string_view text);

// By its long or short name as it is; null: there is none.
const Option* find_option(const std::vector<Option>& options, std::string_view name);

// A line for each, as help shows them.
std::string options_text(const std::vector<Option>& options);

// A line that fits a terminal: broken at spaces, and what goes on begins at `indent`.
inline constexpr std::size_t kHelpColumns = 79;
std::string wrapped(std::string_view line, std::size_t indent);

// Words of a line; quotes and backslashes as in a shell.
Result<std::vector<std::string>> split_words(std::string_view line);

// Takes what is no option of these out of the words: an expression in the user's language,
// where "-" and "--" have a meaning of their own.
std::string take_expression(const std::vector<Option>& options, std::vector<std::string>& words);

// `verb` is for messages. "--help" and "-h" are always known.
Result<Arguments> parse_options(std::string_view verb, const std::vector<Option>& options,
                                const std::vector<std::string>& words);

// The long name of one that begins with `text`; an error when none or several do.
Result<std::string> expand_option(std::string_view verb, const std::vector<Option>& options,
                                  std::string_view text);

}  // namespace mt::core

#endif
