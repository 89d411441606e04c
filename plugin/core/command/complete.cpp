// SPDX-License-Identifier: MIT
//
// Completion of a command line: verbs, options, their values, snapshot names.
// Only looks at the line and the session; never at the program.
#include <algorithm>

#include "command/session.h"
#include "command/verb.h"

namespace mt::core {
namespace {

using Words = std::vector<std::string>;

Words verb_names() {
    Words words;
    for (const Verb& verb : verbs()) words.emplace_back(verb.name);
    return words;
}

Words key_names() { return {key_type_names().begin(), key_type_names().end()}; }

Words operands(const Session& session, const Verb& verb, const Words& before) {
    if (verb.name == "help") return verb_names();
    if (verb.name == "preload") return {"off"};
    if (verb.name == "config") {
        if (before.empty()) return {"direct", "rows", "skip", "source"};
        if (before.front() == "source" || before.front() == "direct") return {"off", "on"};
        if (before.front() == "skip") return {"default"};
        return {};
    }
    if (verb.name != "stats" && verb.name != "drop") return {};
    Words names;
    for (const Kept& kept : session.snapshots) {
        names.push_back(kept.number);
        if (!kept.name.empty()) names.push_back(kept.name);
    }
    return names;
}

Words choices(const Session& session, const Words& before, const std::string& last) {
    if (before.empty()) return verb_names();
    const Verb* verb = find_verb(before.front());
    if (verb == nullptr) return {};
    const bool takes_key = std::any_of(verb->options.begin(), verb->options.end(),
                                       [](const Option& option) { return option.name == "--by"; });
    if (takes_key && before.size() > 1 && before.back() == "--by") return key_names();
    if (takes_key && last.rfind("--by=", 0) == 0) {
        Words words = key_names();
        for (std::string& word : words) word.insert(0, "--by=");
        return words;
    }
    if (!last.empty() && last.front() == '-') {
        Words words;
        for (const Option& option : verb->options) words.emplace_back(option.name);
        words.emplace_back("--help");
        return words;
    }
    return operands(session, *verb, {before.begin() + 1, before.end()});
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
