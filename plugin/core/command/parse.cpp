// SPDX-License-Identifier: MIT
//
// See parse.h. The only file that includes CLI11, which compiles slowly.
#include "command/parse.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace mt::core {
namespace {

bool is_negative_number(std::string_view word) {
    return word.size() > 1 && word[0] == '-' &&
           std::isdigit(static_cast<unsigned char>(word[1])) != 0;
}

const Option* find_option(const std::vector<Option>& options, std::string_view name) {
    for (const Option& option : options)
        if (option.name == name || (!option.short_name.empty() && option.short_name == name))
            return &option;
    return nullptr;
}

tl::unexpected<Error> no_option(std::string_view verb, std::string_view option) {
    return fail(Code::usage,
                fmt::format("mt {0} has no option {1}; mt help {0} lists them", verb, option));
}

struct Expanded {
    std::vector<std::string> words;
    std::vector<std::string> numbers;  // negative ones, which are no options
};

// CLI11 takes a negative number for an option: "--limit -3" becomes "--limit=-3".
std::string with_negative_value(std::string name, const std::vector<std::string>& words,
                                std::size_t& i) {
    if (i + 1 < words.size() && is_negative_number(words[i + 1])) name += "=" + words[++i];
    return name;
}

// Long names written out, which CLI11 does not do.
Result<Expanded> expand(std::string_view verb, const std::vector<Option>& options,
                        const std::vector<std::string>& words) {
    Expanded out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            out.words.insert(out.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                             words.end());
            break;
        }
        if (word.substr(0, 2) == "--") {
            const auto equals = word.find('=');
            auto name = expand_option(verb, options, word.substr(0, equals));
            if (!name) return tl::make_unexpected(name.error());
            const Option* option = find_option(options, *name);
            const bool takes_value = option != nullptr && !option->argument.empty();
            if (!takes_value && equals != std::string::npos)
                return fail(Code::usage,
                            fmt::format("option {} of mt {} takes no value", *name, verb));
            if (takes_value && equals == std::string::npos)
                out.words.push_back(with_negative_value(std::move(*name), words, i));
            else
                out.words.push_back(*name +
                                    (equals == std::string::npos ? "" : word.substr(equals)));
        } else if (const Option* option = find_option(options, word);
                   option != nullptr && !option->argument.empty()) {
            out.words.push_back(with_negative_value(std::string(option->name), words, i));
        } else if (is_negative_number(word)) {
            out.numbers.push_back(word);
        } else {
            out.words.push_back(word);
        }
    }
    return out;
}

tl::unexpected<Error> explained(std::string_view verb, const std::vector<Option>& options,
                                std::string_view what) {
    // CLI11 names the option that lacks its value before the first colon.
    const Option* option = find_option(options, what.substr(0, what.find(':')));
    if (option != nullptr && !option->argument.empty())
        return fail(Code::usage, fmt::format("option {0} of mt {1} needs a value: {0} {2}",
                                             option->name, verb, option->argument));
    return fail(Code::usage, fmt::format("mt {0}: {1}; mt help {0} shows its usage", verb, what));
}

}  // namespace

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
    constexpr std::string_view kHelp = "--help";
    if (text == kHelp || (kHelp.substr(0, text.size()) == text && text.size() > 2))
        found.emplace_back(kHelp);
    if (found.size() == 1) return found.front();
    if (found.empty()) return no_option(verb, text);
    return fail(Code::usage, fmt::format("option {} of mt {} is ambiguous: {}", text, verb,
                                         fmt::join(found, ", ")));
}

Result<Arguments> parse_options(std::string_view verb, const std::vector<Option>& options,
                                const std::vector<std::string>& words) {
    auto expanded = expand(verb, options, words);
    if (!expanded) return tl::make_unexpected(std::move(expanded.error()));
    Arguments out;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::map<std::string, std::vector<std::string>> values;
    std::vector<std::pair<std::string, CLI::Option*>> known;
    for (const Option& option : options) {
        const std::string name(option.name);
        const std::string names =
            option.short_name.empty() ? name : fmt::format("{},{}", option.short_name, name);
        // One value each time, as it stands: "[ab]" is a glob and no list.
        CLI::Option* made = option.argument.empty()
                                ? app.add_flag(names)
                                : app.add_option(names, values[name])->allow_extra_args(false);
        known.emplace_back(name, made);
    }
    known.emplace_back("--help", app.add_flag("-h,--help"));
    app.add_option("words", out.words);
    std::vector<std::string> reversed(expanded->words.rbegin(), expanded->words.rend());
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return explained(verb, options, error.what());
    }
    for (const std::string& word : app.remaining())
        if (word.size() > 1 && word.front() == '-' && word != "--") return no_option(verb, word);
    for (const auto& [name, option] : known) {
        if (option->count() == 0) continue;
        const Option* spec = find_option(options, name);
        if (spec != nullptr && !spec->argument.empty())
            out.values[name] = std::move(values[name]);
        else
            out.switches.insert(name);
    }
    out.words.insert(out.words.end(), expanded->numbers.begin(), expanded->numbers.end());
    return out;
}

}  // namespace mt::core
