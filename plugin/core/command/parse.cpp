// SPDX-License-Identifier: MIT
//
// See parse.h.
#include "command/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "names/nearest.h"
#include "names/shorten.h"

namespace mt::core {
namespace {

constexpr std::string_view kHelp = "--help";

bool is_negative_number(std::string_view word) {
    return word.size() > 1 && word[0] == '-' &&
           std::isdigit(static_cast<unsigned char>(word[1])) != 0;
}

tl::unexpected<Error> no_option(std::string_view verb, const std::vector<Option>& options,
                                std::string_view option) {
    std::vector<std::string> names;
    for (const Option& one : options) names.emplace_back(one.name);
    return fail(Code::usage, fmt::format("mt {0} has no option {1}{2}; mt help {0} lists them",
                                         verb, option, did_you_mean(option, names)));
}

// One word that is an option, and what follows in it.
struct Given {
    std::string name;
    std::optional<std::string> value;
};

Result<Given> given_in(std::string_view verb, const std::vector<Option>& options,
                       std::string_view word) {
    Given given;
    if (word.substr(0, 2) == "--") {
        const auto equals = word.find('=');
        given.name = MT_TRY(expand_option(verb, options, word.substr(0, equals)));
        if (equals != std::string_view::npos) given.value = word.substr(equals + 1);
        return given;
    }
    if (word == "-h") return Given{std::string(kHelp), std::nullopt};
    const Option* option = find_option(options, word.substr(0, 2));
    if (option == nullptr) return no_option(verb, options, word);
    given.name = option->name;
    if (word.size() > 2) given.value = word.substr(2);
    return given;
}

std::string option_names(const Option& option) {
    std::string names = option.short_name.empty()
                            ? "    " + std::string(option.name)
                            : fmt::format("{}, {}", option.short_name, option.name);
    if (!option.argument.empty()) names += fmt::format(" {}", option.argument);
    return names;
}

}  // namespace

const Option* find_option(const std::vector<Option>& options, std::string_view name) {
    for (const Option& option : options)
        if (option.name == name || (!option.short_name.empty() && option.short_name == name))
            return &option;
    return nullptr;
}

Result<std::size_t> choice(std::string_view what, std::span<const std::string_view> names,
                           std::string_view text) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return i;
        if (!text.empty() && names[i].substr(0, text.size()) == text) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    return fail(Code::usage, fmt::format("{} takes one of {}, not {}", what, fmt::join(names, ", "),
                                         or_nothing(text)));
}

std::string options_text(const std::vector<Option>& options) {
    std::size_t width = 0;
    for (const Option& option : options) width = std::max(width, option_names(option).size());
    std::string text;
    for (const Option& option : options) {
        const char* level = option.level == Level::row     ? " (row-level)"
                            : option.level == Level::block ? " (block-level)"
                                                           : "";
        text +=
            wrapped(fmt::format("  {:<{}}  {}{}", option_names(option), width, option.help, level),
                    width + 4);
    }
    return text;
}

std::string wrapped(std::string_view line, std::size_t indent) {
    std::string out, before;
    while (before.size() + columns_of(line) > kHelpColumns) {
        const std::size_t end = line.rfind(' ', kHelpColumns - before.size());
        // A word that is too long stays whole.
        if (end == std::string_view::npos || end <= (before.empty() ? indent : 0)) break;
        out += before + std::string(line.substr(0, end)) + "\n";
        line.remove_prefix(end + 1);
        before.assign(indent, ' ');
    }
    return out + before + std::string(line) + "\n";
}

std::optional<std::uint64_t> bytes_of(std::string_view text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc()) return std::nullopt;
    std::string unit(rest, end);
    std::transform(unit.begin(), unit.end(), unit.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (unit.empty() || unit == "B") return number;
    const auto power = std::string_view("KMGT").find(unit.front());
    const bool known = unit.size() == 1 || unit.substr(1) == "B" || unit.substr(1) == "IB";
    if (power == std::string_view::npos || !known) return std::nullopt;
    const unsigned shift = 10 * (static_cast<unsigned>(power) + 1);
    if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
    return number << shift;
}

Result<std::vector<std::string>> split_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != 0 && c == quote) {
            quote = 0;
        } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
            word += line[++i];
            in_word = true;
        } else if (quote != 0) {
            word += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
            in_word = true;
        } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            if (in_word) words.push_back(std::move(word));
            word.clear();
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) return fail(Code::usage, fmt::format("a closing {} is missing", quote));
    if (in_word) words.push_back(std::move(word));
    return words;
}

std::string take_expression(const std::vector<Option>& options, std::vector<std::string>& words) {
    std::string expression;
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const bool is_short = word == "-h" || find_option(options, word) != nullptr;
        const bool is_long = word.size() > 2 && word.rfind("--", 0) == 0 &&
                             std::isalpha(static_cast<unsigned char>(word[2])) != 0;
        if (!is_short && !is_long) {
            expression += (expression.empty() ? "" : " ") + word;
            continue;
        }
        rest.push_back(word);
        const auto name = expand_option("", options, word);
        const Option* option = find_option(options, name ? std::string_view(*name) : word);
        if (option != nullptr && !option->argument.empty() && i + 1 < words.size())
            rest.push_back(words[++i]);
    }
    words = std::move(rest);
    return expression;
}

Result<std::string> expand_option(std::string_view verb, const std::vector<Option>& options,
                                  std::string_view text) {
    std::vector<std::string> found;
    for (const Option& option : options) {
        if (option.name == text) return std::string(text);
        if (option.name.substr(0, text.size()) == text) found.emplace_back(option.name);
    }
    if (text == kHelp || (kHelp.substr(0, text.size()) == text && text.size() > 2))
        found.emplace_back(kHelp);
    if (found.size() == 1) return found.front();
    if (found.empty()) return no_option(verb, options, text);
    return fail(Code::usage, fmt::format("option {} of mt {} is ambiguous: {}", text, verb,
                                         fmt::join(found, ", ")));
}

Result<Arguments> parse_options(std::string_view verb, const std::vector<Option>& options,
                                const std::vector<std::string>& words) {
    Arguments out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            out.words.insert(out.words.end(), words.begin() + std::ptrdiff_t(i) + 1, words.end());
            break;
        }
        if (word.size() < 2 || word.front() != '-' || is_negative_number(word)) {
            out.words.push_back(word);
            continue;
        }
        Given given = MT_TRY(given_in(verb, options, word));
        const Option* option = find_option(options, given.name);
        if (option == nullptr || option->argument.empty()) {
            if (given.value)
                return fail(Code::usage,
                            fmt::format("option {} of mt {} takes no value", given.name, verb));
            out.switches.insert(given.name);
            continue;
        }
        if (!given.value && ++i == words.size())
            return fail(Code::usage, fmt::format("option {0} of mt {1} needs a value: {0} {2}",
                                                 given.name, verb, option->argument));
        out.values[given.name].push_back(given.value ? *given.value : words[i]);
    }
    return out;
}

}  // namespace mt::core
