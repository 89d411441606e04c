// SPDX-License-Identifier: MIT
//
// See complete.h.
#include "command/complete.h"

#include <algorithm>
#include <set>

#include "command/graph_verbs.h"
#include "command/verbs.h"
#include "report/scope.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

using Words = std::vector<std::string>;

Words verb_names() {
    Words words;
    for (const Verb& verb : verbs()) words.emplace_back(verb.name);
    return words;
}

Words names_of(const std::vector<std::string_view>& names) { return {names.begin(), names.end()}; }

Words snapshot_names(const Session& session) {
    Words names;
    for (const Kept& kept : session.shelf().snapshots()) {
        names.push_back(kept.number);
        if (!kept.name.empty()) names.push_back(kept.name);
    }
    return names;
}

Words mark_names(const Session& session) {
    Words names;
    for (const Mark& mark : session.shelf().marks())
        names.push_back(mark.name.empty() ? std::to_string(mark.sequence) : mark.name);
    return names;
}

Words droppable(const Session& session) {
    Words names = snapshot_names(session);
    for (const Mark& mark : session.shelf().marks())
        if (!mark.name.empty()) names.push_back(mark.name);
    return names;
}

// A name that can be typed as it is and is a glob for itself.
bool is_plain(const std::string& name) {
    return name.find_first_of(" \t\"'\\[]*?<>") == std::string::npos;
}

// The files, functions or modules that the session has met.
Words met_names(const Session& session, std::string_view option) {
    const FrameBook& book = session.book();
    std::set<std::string> names;
    for (FrameId id = 0; id < book.size(); ++id) {
        const Frame& frame = book[id];
        std::string name;
        if (option == "--function")
            name = without_parameters(book.text(frame.function));
        else
            name = book.text(option == "--module" ? frame.module : frame.label);
        if (!name.empty() && is_plain(name)) names.insert(std::move(name));
    }
    return {names.begin(), names.end()};
}

// The values that an option can have; nothing where any text will do.
Words values_of(const Session& session, const Verb& verb, std::string_view option) {
    if (verb.name == "scope" && option == "--sort") return names_of(scope_sort_names());
    if (verb.name == "scope" && option == "--thread") return {"any", "current"};
    if (option == "--sort" && verb.name == "blocks") return {"age", "size"};
    if (option == "--kinds") return names_of(leak_kinds());
    if (option == "--site") return met_names(session, option);
    if (option == "--by") return names_of(key_type_names());
    if (option == "--sort") return names_of(sort_names());
    if (option == "--since" || option == "--until") return mark_names(session);
    for (const std::string_view named : {"--filter", "--exclude", "--function", "--module"})
        if (option == named) return met_names(session, option);
    return {};
}

Words condition_numbers(const Session& session) {
    Words numbers;
    for (const Condition& condition : session.conditions().all())
        numbers.push_back(std::to_string(condition.number));
    return numbers;
}

Words scope_names(const Session& session) {
    Words names;
    for (const Scope& scope : session.scopes().all()) names.push_back(scope.name);
    return names;
}

Words operands(const Session& session, const Verb& verb, const Words& before) {
    if (verb.name == "help") return verb_names();
    if (verb.name == "preload") return {"off"};
    if (verb.name == "config") {
        if (before.empty()) return {"direct", "rows", "skip", "source", "style", "table"};
        if (before.front() == "source" || before.front() == "direct") return {"off", "on"};
        if (before.front() == "style") return {"auto", "table", "text"};
        if (before.front() == "skip") return {"default"};
        if (before.front() == "table") return {"auto"};
        return {};
    }
    if (verb.name == "break") {
        if (before.empty()) return {"delete", "disable", "enable", "list"};
        return before.size() == 1 && before.front() != "list" ? condition_numbers(session)
                                                              : Words();
    }
    if (verb.name == "scope") {
        Words words = scope_names(session);
        if (before.size() == 1 && before.front() != "list") return words;
        if (!before.empty()) return {};
        for (const char* word : {"begin", "delete", "end", "list"}) words.emplace_back(word);
        return words;
    }
    const std::size_t operand = before.size();
    if (verb.name == "tree") return operand == 0 ? Words{"diff", "leaks", "now", "peak"} : Words();
    if (verb.name == "modules") return operand == 0 ? met_names(session, "--module") : Words();
    if (verb.name == "drop" && operand == 0) return droppable(session);
    if (verb.name == "stats" || verb.name == "blocks")
        return operand == 0 ? snapshot_names(session) : Words();
    if (verb.name == "diff") return operand < 2 ? snapshot_names(session) : Words();
    if (verb.name == "save") return operand == 1 ? snapshot_names(session) : Words();
    if (verb.name == "export" && operand == 0) return {"csv", "folded", "json", "speedscope"};
    if (verb.name == "report") return operand != 0 ? snapshot_names(session) : Words();
    if (verb.name == "export") return operand == 2 ? snapshot_names(session) : Words();
    return {};
}

// Words that are neither options nor their values.
Words plain_words(const Verb& verb, const Words& words) {
    Words plain;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const Option* option = find_option(verb.options, words[i]);
        if (option != nullptr)
            i += option->argument.empty() ? 0 : 1;
        else if (words[i].empty() || words[i].front() != '-')
            plain.push_back(words[i]);
    }
    return plain;
}

Words option_names(const Verb& verb) {
    Words words;
    for (const Option& option : verb.options) words.emplace_back(option.name);
    words.emplace_back("--help");
    return words;
}

Words choices(const Session& session, const Words& before, const std::string& last) {
    if (before.empty()) return verb_names();
    const Verb* verb = find_verb(before.front());
    if (verb == nullptr) return {};
    const Option* waiting = before.size() > 1 ? find_option(verb->options, before.back()) : nullptr;
    if (waiting != nullptr && !waiting->argument.empty())
        return values_of(session, *verb, waiting->name);
    const auto equals = last.find('=');
    if (last.rfind("--", 0) == 0 && equals != std::string::npos) {
        const Option* option = find_option(verb->options, last.substr(0, equals));
        if (option == nullptr) return {};
        Words words = values_of(session, *verb, option->name);
        for (std::string& word : words) word.insert(0, last.substr(0, equals + 1));
        return words;
    }
    if (!last.empty() && last.front() == '-') return option_names(*verb);
    return operands(session, *verb, plain_words(*verb, before));
}

}  // namespace

std::vector<std::string> complete(const Session& session, std::string_view line) {
    auto words = split_words(line);
    if (!words) return {};
    std::string last;
    const bool new_word = line.empty() || line.back() == ' ' || line.back() == '\t';
    if (!new_word && !words->empty()) {
        last = std::move(words->back());
        words->pop_back();
    }
    Words found = choices(session, *words, last);
    std::erase_if(found, [&last](const std::string& word) { return word.rfind(last, 0) != 0; });
    return found;
}

}  // namespace mt::core
