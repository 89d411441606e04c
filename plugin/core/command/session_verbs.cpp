// SPDX-License-Identifier: MIT
//
// list, drop, config, help: the verbs about the session itself. They touch no
// process.
#include <fmt/format.h>

#include "command/reporting.h"
#include "command/session.h"
#include "command/verb.h"
#include "model/numbers.h"

namespace mt::core {
namespace {

constexpr const char* kSkipDefault = "default";

std::string_view kind_name(SkipKind kind) {
    switch (kind) {
        case SkipKind::module:
            return "module";
        case SkipKind::function:
            return "function";
        case SkipKind::file:
            return "file";
        case SkipKind::any:
            break;
    }
    return "any";
}

Result<bool> on_or_off(const std::string& key, const std::string& value) {
    if (value == "on") return true;
    if (value == "off") return false;
    return fail(Code::usage, fmt::format("mt config {} takes on or off, not {}", key, value));
}

Result<void> set(Session& session, const std::string& key, const std::string& value) {
    Settings& settings = session.settings;
    if (key == "rows") {
        const auto rows = number_of<std::size_t>(value);
        if (!rows)
            return fail(
                Code::usage,
                fmt::format("mt config rows takes a number of rows (0 = all), not {}", value));
        settings.rows = *rows;
        return {};
    }
    if (key == "skip") {
        if (value == kSkipDefault)
            session.skip.forget_added();
        else
            session.skip.add(value);
        return {};
    }
    if (key != "source" && key != "direct")
        return fail(Code::usage,
                    fmt::format("mt config has no key {}; it has rows, source, direct, skip", key));
    auto on = MT_TRY(on_or_off(key, value));
    (key == "source" ? settings.source : settings.direct) = on;
    return {};
}

}  // namespace

Result<void> run_list(Session& session, const Arguments& arguments) {
    std::vector<ListedSnapshot> all;
    for (const Kept& kept : session.snapshots) all.push_back(listed(kept));
    std::vector<ListedMark> marks;
    for (const Mark& mark : session.marks)
        marks.push_back({mark.sequence, mark.name, mark.process.pid, mark.process.generation});
    session.say(arguments.has("--json") ? list_json(all, marks) : list_text(all, marks));
    return {};
}

Result<void> run_drop(Session& session, const Arguments& arguments) {
    if (arguments.words.empty())
        return fail(Code::usage,
                    "mt drop takes the number of a snapshot, or the name of a "
                    "snapshot or mark");
    const std::string& name = arguments.words.front();
    if (std::erase_if(session.marks, [&name](const Mark& mark) { return mark.name == name; }) != 0)
        return {};
    auto kept = MT_TRY(kept_snapshot(session, arguments.words, 0));
    session.snapshots.erase(session.snapshots.begin() + (kept - session.snapshots.data()));
    return {};
}

Result<void> run_config(Session& session, const Arguments& arguments) {
    if (arguments.words.size() == 1)
        return fail(Code::usage, fmt::format("mt config {0} needs a value: mt config {0} VALUE",
                                             arguments.words.front()));
    if (arguments.words.size() == 2) return set(session, arguments.words[0], arguments.words[1]);
    ConfigReport listed;
    listed.rows = session.settings.rows;
    listed.source = session.settings.source;
    listed.direct = session.settings.direct;
    for (const SkipPattern& pattern : session.skip.patterns())
        listed.skip.push_back({std::string(kind_name(pattern.kind)), pattern.glob});
    session.say(arguments.has("--json") ? config_json(listed) : config_text(listed));
    return {};
}

Result<void> run_help(Session& session, const Arguments& arguments) {
    if (arguments.words.empty()) {
        session.say(help_overview());
        return {};
    }
    std::vector<std::string> candidates;
    const Verb* verb = find_verb(arguments.words.front(), &candidates);
    if (verb == nullptr) return fail(Code::usage, no_verb(arguments.words.front(), candidates));
    session.say(help_of(*verb));
    return {};
}

}  // namespace mt::core
