// SPDX-License-Identifier: MIT
//
// mt scope: from words to scopes and back.
#include "command/scope_verbs.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/scopes/reports.h"
#include "app/scopes/requests.h"
#include "command/view.h"
#include "model/numbers.h"
#include "show/text/scope.h"

namespace mt::core {
namespace {

Result<std::uint64_t> number_from(std::string_view option, const std::string& text,
                                  std::uint64_t least) {
    const auto number = number_of<std::uint64_t>(text);
    if (number && *number >= least) return *number;
    return fail(Code::usage, fmt::format("{} takes a number from {} up, not {}", option, least,
                                         or_nothing(text)));
}

Result<CallsWanted> calls_wanted(const Front& front) {
    const Arguments& arguments = front.arguments;
    CallsWanted wanted;
    wanted.rows = front.session.settings().rows;
    wanted.totals = arguments.has("--json");
    // One document has room for one report: what is alive must be asked for.
    wanted.by_own_key = !arguments.has("--json");
    if (const std::string* text = arguments.value("--top"))
        wanted.rows = MT_TRY(number_from("--top", *text, 0));
    if (const std::string* text = arguments.value("--number"))
        wanted.number = MT_TRY(number_from("--number", *text, 1));
    if (const std::string* text = arguments.value("--by")) wanted.by = MT_TRY(key_of_word(*text));
    const std::string* text = arguments.value("--sort");
    if (text == nullptr) return wanted;
    const auto& names = scope_sort_names();
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end())
        return fail(Code::usage, fmt::format("mt scope --sort takes {}, not {}",
                                             fmt::join(names, ", "), or_nothing(*text)));
    wanted.sort = static_cast<ScopeSort>(found - names.begin());
    return wanted;
}

Result<AskedScope> asked_scope(const std::string& name, const Arguments& arguments) {
    AskedScope asked;
    asked.name = name;
    asked.stops = arguments.has("--stop");
    if (const std::string* by = arguments.value("--by")) asked.by = MT_TRY(key_of_word(*by));
    if (const std::string* text = arguments.value("--calls"))
        asked.most_calls = MT_TRY(number_from("--calls", *text, 1));
    const std::string* thread = arguments.value("--thread");
    if (thread == nullptr || *thread == "current") return asked;
    asked.whose = *thread == "any" ? Whose::process : Whose::one;
    if (asked.whose == Whose::one) asked.thread = *thread;
    return asked;
}

Result<void> measure(Front& front, const std::string& name) {
    const Arguments& arguments = front.arguments;
    for (const char* option : {"--sort", "--top", "--number", "--json"})
        if (arguments.value(option) != nullptr || arguments.has(option))
            return fail(
                Code::usage,
                fmt::format("{} is for calls that have been measured; there is no scope named {}",
                            option, name));
    const AskedScope asked = MT_TRY(asked_scope(name, arguments));
    const AddedScope added = MT_TRY(measure_function(front.session, asked));
    front.say(fmt::format("scope {}: calls of {}, {}\n", added.scope.number, name,
                          whose_text(added.scope)));
    if (!added.is_tracing) front.say("remark: tracing is off; mt start begins\n");
    return {};
}

bool has_measuring_options(const Arguments& arguments) {
    return arguments.value("--calls") != nullptr || arguments.value("--thread") != nullptr ||
           arguments.has("--stop");
}

Result<void> measure_or_show(Front& front, const std::string& name) {
    const bool is_known = MT_TRY(is_scope(front.session, name));
    const bool is_ours = front.session.scopes().find(name) != nullptr;
    if (!is_known || (!is_ours && has_measuring_options(front.arguments)))
        return measure(front, name);
    if (has_measuring_options(front.arguments))
        return fail(Code::usage,
                    fmt::format("{0} is a scope already; mt scope delete {0} forgets it", name));
    const CallsWanted wanted = MT_TRY(calls_wanted(front));
    MadeScope made = MT_TRY(scope_report(front.session, name, wanted));
    MT_TRY(front.show(made.report));
    remember(front.session, std::move(made));
    return {};
}

Result<void> begin(Front& front, const std::string& name) {
    const std::string* thread = front.arguments.value("--thread");
    const bool of_process = thread != nullptr && *thread == "any";
    if (thread != nullptr && !of_process && *thread != "current")
        return fail(Code::usage, fmt::format("mt scope begin --thread takes current or any, not {}",
                                             or_nothing(*thread)));
    const std::uint64_t number = MT_TRY(begin_scope(front.session, name, of_process));
    front.say(fmt::format("{} call {} begins\n", name, number));
    return {};
}

Result<void> end(Front& front, const std::string& name) {
    const Scopes::Ended ended = MT_TRY(front.session.scopes().end(name));
    front.say(ended_text(ended.name, ended.call));
    return {};
}

}  // namespace

Result<void> run_scope(Front& front) {
    const std::string what = front.word(0) != nullptr ? *front.word(0) : "";
    const std::string name = front.word(1) != nullptr ? *front.word(1) : "";
    if (what == "begin") return begin(front, name.empty() ? "scope" : name);
    if (what == "end") return end(front, name);
    if (what == "delete" && name.empty())
        return fail(Code::usage, "mt scope delete takes the name of a scope; mt scope lists them");
    if (what == "delete") return front.session.scopes().erase(name);
    if (!name.empty())
        return fail(Code::usage,
                    fmt::format("mt scope: one word too many: {}; usage: mt scope FUNCTION", name));
    if (!what.empty() && what != "list") return measure_or_show(front, what);
    if (!front.arguments.values.empty() || front.has("--stop"))
        return fail(Code::usage, "mt scope needs a function, such as mt scope parse");
    const ScopesReport report = MT_TRY(scopes_report(front.session));
    return front.show(report);
}

}  // namespace mt::core
