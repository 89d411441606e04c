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

// Long names written out; a negative number is a word and no option.
struct Expanded {
    std::vector<std::string> options;
    std::vector<std::string> numbers;
};

Result<Expanded> expand(std::string_view verb, const std::vector<Option>& options,
                        const std::vector<std::string>& words) {
    Expanded out;
    bool value_next = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (value_next) {
            value_next = false;
            out.options.back() += "=" + word;
            continue;
        }
        if (word == "--") {
            out.options.insert(out.options.end(), words.begin() + static_cast<std::ptrdiff_t>(i),
                               words.end());
            break;
        }
        if (word.substr(0, 2) == "--") {
            const auto equals = word.find('=');
            auto name = expand_option(verb, options, word.substr(0, equals));
            if (!name) return tl::make_unexpected(name.error());
            const Option* option = find_option(options, *name);
            if (option != nullptr && option->argument.empty() && equals != std::string::npos)
                return fail(Code::usage,
                            fmt::format("option {} of mt {} takes no value", *name, verb));
            value_next =
                option != nullptr && !option->argument.empty() && equals == std::string::npos;
            out.options.push_back(*name +
                                  (equals == std::string::npos ? "" : word.substr(equals)));
        } else if (word.size() > 1 && word[0] == '-' && !is_negative_number(word)) {
            const Option* option = find_option(options, word.substr(0, 2));
            if (option == nullptr && word != "-h") return no_option(verb, word);
            std::string name = option == nullptr ? "--help" : std::string(option->name);
            value_next = option != nullptr && !option->argument.empty() && word.size() == 2;
            if (word.size() > 2) {
                if (option == nullptr || option->argument.empty()) return no_option(verb, word);
                name += "=" + word.substr(word[2] == '=' ? 3 : 2);
            }
            out.options.push_back(std::move(name));
        } else if (is_negative_number(word)) {
            out.numbers.push_back(word);
        } else {
            out.options.push_back(word);
        }
    }
    if (value_next) {
        const Option* option = find_option(options, out.options.back());
        return fail(Code::usage, fmt::format("option {} of mt {} needs a value: {} {}",
                                             option->name, verb, option->name, option->argument));
    }
    return out;
}

}  // namespace

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
    std::map<std::string, std::string> values;
    std::vector<std::pair<std::string, CLI::Option*>> known;
    for (const Option& option : options) {
        const std::string name(option.name);
        CLI::Option* made = option.argument.empty() ? app.add_flag(name)
                                                    : app.add_option(name, values[name]);
        known.emplace_back(name, made->multi_option_policy(CLI::MultiOptionPolicy::TakeLast));
    }
    known.emplace_back("--help", app.add_flag("--help"));
    app.add_option("words", out.words);
    std::vector<std::string> reversed(expanded->options.rbegin(), expanded->options.rend());
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return fail(Code::usage, fmt::format("mt {}: {}; mt help {} shows its usage", verb,
                                             error.what(), verb));
    }
    for (const auto& [name, option] : known) {
        if (option->count() == 0) continue;
        const Option* spec = find_option(options, name);
        if (spec != nullptr && !spec->argument.empty())
            out.values[name] = values[name];
        else
            out.switches.insert(name);
    }
    out.words.insert(out.words.end(), expanded->numbers.begin(), expanded->numbers.end());
    return out;
}

}  // namespace mt::core
