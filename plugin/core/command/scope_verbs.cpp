// SPDX-License-Identifier: MIT
//
// mt scope: from words to scopes and back. What they do is in scopes.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analyse/alive.h"
#include "analyse/by_thread.h"
#include "command/reporting.h"
#include "command/scopes.h"
#include "command/session.h"
#include "command/verb.h"
#include "command/view.h"
#include "read/scopes.h"
#include "show/scope.h"

namespace mt::core {
namespace {

// A data symbol of every libc.so: absent while the loader has not mapped libc yet.
constexpr const char* kLibcSymbol = "_IO_2_1_stdout_";

Result<std::uint64_t> number_of(std::string_view option, const std::string& text,
                                std::uint64_t least) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && rest == end && number >= least) return number;
    return fail(Code::usage, fmt::format("{} takes a number from {} up, not {}", option, least,
                                         text.empty() ? "nothing" : text));
}

// --- what is shown -----------------------------------------------------------

struct ScopeView {
    ScopeSort sort = ScopeSort::call;
    std::size_t rows = 0;
    std::optional<std::uint64_t> number;
    bool json = false;
};

Result<ScopeView> scope_view_of(const Session& session, const Arguments& arguments) {
    ScopeView view;
    view.rows = session.settings.rows;
    view.json = arguments.has("--json");
    if (const std::string* text = arguments.value("--top")) {
        auto rows = number_of("--top", *text, 0);
        if (!rows) return tl::make_unexpected(std::move(rows.error()));
        view.rows = *rows;
    }
    if (const std::string* text = arguments.value("--number")) {
        auto number = number_of("--number", *text, 1);
        if (!number) return tl::make_unexpected(std::move(number.error()));
        view.number = *number;
    }
    const std::string* text = arguments.value("--sort");
    if (text == nullptr) return view;
    const auto& names = scope_sort_names();
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end())
        return fail(Code::usage,
                    fmt::format("mt scope --sort takes {}, not {}", fmt::join(names, ", "),
                                text->empty() ? "nothing" : *text));
    view.sort = static_cast<ScopeSort>(found - names.begin());
    return view;
}

std::string whose_text(const Scope& scope) {
    if (scope.whose == Whose::process) return "the whole process";
    if (scope.whose == Whose::one)
        return fmt::format("thread {} ({})", scope.thread, scope.thread_name);
    return "each its own thread";
}

ScopeReport report_of(const Session& session, const Scope& scope) {
    ScopeReport report;
    report.number = scope.number;
    report.name = scope.name;
    report.kind = scope.is_function ? "function" : "stops";
    report.whose = scope.is_function ? whose_text(scope) : "its own thread";
    if (!scope.is_function && scope.whose == Whose::process) report.whose = "the whole process";
    report.measures = !scope.is_full();
    report.calls = scope.calls;
    for (ScopeCall& call : session.scopes.open_calls(scope)) report.calls.push_back(call);
    report.open = report.calls.size() - scope.calls.size();
    report.summary = summary_of(report.calls);
    if (scope.inlined != 0)
        report.remarks.push_back(
            {"inlined",
             fmt::format("{} time{} the function was inlined where it was called: such a call has "
                         "no return of its own and is not measured",
                         scope.inlined, scope.inlined == 1 ? "" : "s"),
             scope.inlined});
    return report;
}

bool means_no_scopes(const Error& error) {
    return error.code == Code::no_process || error.code == Code::exited ||
           error.code == Code::no_runtime;
}

// What each report about a scope begins to remark: whose malloc it is, and doubts.
std::vector<Remark> about(const Process& process) {
    std::vector<Remark> remarks = process.status.remarks;
    remarks.insert(remarks.end(), process.doubts.begin(), process.doubts.end());
    return remarks;
}

// Of the program as it is now; none without a program, or where it has no runtime. A table
// that cannot be read may have scopes.
struct OwnScopes {
    std::vector<ProgramScope> list;
    std::vector<Remark> doubts;
};
Result<OwnScopes> program_scopes(Session& session) {
    auto process = session.process();
    if (process) {
        auto scopes = read_scopes(*process->memory, process->status);
        if (!scopes) return tl::make_unexpected(std::move(scopes.error()));
        return OwnScopes{std::move(*scopes), about(*process)};
    }
    if (means_no_scopes(process.error())) return OwnScopes{};
    return tl::make_unexpected(std::move(process.error()));
}

ScopeReport report_of(const ProgramScope& scope, const std::vector<Remark>& doubts) {
    ScopeReport report;
    report.remarks = doubts;
    report.name = scope.name;
    report.kind = "program";
    report.whose = "each its own thread";
    report.calls = scope.calls;
    report.summary = scope.summary;
    report.summary.median = summary_of(scope.calls).median;
    report.open = scope.begun > scope.summary.calls ? scope.begun - scope.summary.calls : 0;
    if (scope.calls.size() < scope.summary.calls)
        report.remarks.push_back(
            {"last-calls",
             fmt::format("the last {} calls are kept: the median is theirs; min, max and total are "
                         "of all {}",
                         scope.calls.size(), scope.summary.calls),
             scope.summary.calls - scope.calls.size()});
    return report;
}

Result<void> show_list(Session& session, bool json) {
    if (auto looked = session.scopes.look(session); !looked) return looked;
    std::vector<ScopeReport> list;
    for (const Scope& scope : session.scopes.all()) list.push_back(report_of(session, scope));
    auto own = program_scopes(session);
    if (!own) return tl::make_unexpected(std::move(own.error()));
    for (const ProgramScope& scope : own->list) list.push_back(report_of(scope, {}));
    session.say(json ? scopes_json(list, own->doubts) : scopes_text(list, own->doubts));
    return {};
}

// What is alive of the calls' blocks, if anything can tell.
Result<std::shared_ptr<Table>> blocks_now(const Session& session, const Process& process,
                                          const std::vector<ScopeCall>& calls) {
    const bool any = std::any_of(calls.begin(), calls.end(), [&](const ScopeCall& call) {
        return call.first_mark != 0 && call.process.cookie == process.status.identity.cookie;
    });
    if (!any || session.scopes.all().empty()) return std::shared_ptr<Table>();
    return read_now(process, true);
}

Result<View> alive_view(const Session& session, const std::string& key, const Table* table,
                        bool json) {
    Arguments chosen;
    chosen.values["--by"] = {key};
    if (json) chosen.switches.insert("--json");
    auto view = view_of(session.settings, chosen);
    if (!view) return view;
    if (table == nullptr)
        return fail(Code::usage,
                    "these calls cannot be told by their blocks any more, or never "
                    "could; a scope that is made with --by, or after mt start "
                    "--stamps, can");
    view->grouping.blocks.since = 0;  // figures of blocks
    return view;
}

Result<void> show(Session& session, ScopeReport report, const Arguments& arguments,
                  const std::string& by) {
    auto view = scope_view_of(session, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    if (view->number) {
        std::erase_if(report.calls,
                      [&](const ScopeCall& call) { return call.number != *view->number; });
        if (report.calls.empty())
            return fail(Code::usage, fmt::format("{} has no call {}", report.name, *view->number));
    }
    auto process = session.process();
    if (!process && !means_no_scopes(process.error()))
        return tl::make_unexpected(std::move(process.error()));
    std::shared_ptr<Table> table;
    if (process) {
        auto read = blocks_now(session, *process, report.calls);
        if (!read) return tl::make_unexpected(std::move(read.error()));
        table = std::move(*read);
    }
    if (table)
        if (auto done = count_alive(*table, report.calls, session.interrupted()); !done)
            return done;
    report.has_alive = std::any_of(report.calls.begin(), report.calls.end(),
                                   [](const ScopeCall& call) { return call.alive_count; });
    sort_calls(report.calls, view->sort);
    report.shown = view->rows;
    const std::string* asked = arguments.value("--by");
    const std::string key = asked != nullptr ? *asked : by;
    const bool grouped = asked != nullptr || (!key.empty() && table && !view->json);
    View alive;
    if (grouped) {
        auto chosen = alive_view(session, key, table.get(), view->json);
        if (!chosen) return tl::make_unexpected(std::move(chosen.error()));
        alive = std::move(*chosen);
    }
    const Sink out = session.printer();
    if (!view->json || !grouped)
        if (auto done = view->json ? scope_json(report, out) : scope_text(report, out); !done)
            return done;
    if (!grouped) return {};
    if (!view->json) session.say("alive, by " + key + ":\n");
    auto of_calls = only_alive(*table, report.calls, session.interrupted());
    if (!of_calls) return tl::make_unexpected(std::move(of_calls.error()));
    auto made = make_report(session, "scope", std::move(*of_calls), process ? &*process : nullptr,
                            alive, out);
    if (!made) return tl::make_unexpected(std::move(made.error()));
    session.last = std::move(*made);
    return {};
}

// --- what is measured --------------------------------------------------------

Result<void> find_thread(Session& session, const std::string& text, Scope& scope) {
    auto process = session.process();
    if (!process) return tl::make_unexpected(std::move(process.error()));
    auto table = read_now(*process, false);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    const auto found = threads_named(**table, text);
    if (found.size() > 1)
        return fail(Code::usage,
                    fmt::format("several threads are called {}; take one's number", text));
    if (!found.empty()) {
        scope.whose = Whose::one;
        scope.thread = found.front()->serial;
        scope.thread_name = found.front()->name;
        return {};
    }
    return fail(Code::usage,
                fmt::format("--thread takes current, any, or a thread that has been traced, by "
                            "number, system id or name, not {}",
                            text.empty() ? "nothing" : text));
}

Result<Scope> scope_of(Session& session, const std::string& name, const Arguments& arguments) {
    Scope scope;
    scope.name = name;
    scope.stops = arguments.has("--stop");
    if (const std::string* by = arguments.value("--by")) {
        Arguments chosen;
        chosen.values["--by"] = {*by};
        if (auto good = view_of(session.settings, chosen); !good)
            return tl::make_unexpected(std::move(good.error()));
        scope.by = *by;
    }
    if (const std::string* text = arguments.value("--calls")) {
        auto most = number_of("--calls", *text, 1);
        if (!most) return tl::make_unexpected(std::move(most.error()));
        scope.most_calls = *most;
    }
    scope.most_calls =
        scope.most_calls == 0 ? Scopes::kMostCalls : std::min(scope.most_calls, Scopes::kMostCalls);
    const std::string* thread = arguments.value("--thread");
    if (thread == nullptr || *thread == "current") return scope;
    if (*thread == "any") {
        scope.whose = Whose::process;
        return scope;
    }
    if (auto found = find_thread(session, *thread, scope); !found)
        return tl::make_unexpected(std::move(found.error()));
    return scope;
}

// The program stands and its libraries are mapped: what is not there is misspelt.
Result<bool> is_loaded(Session& session, const Target& target) {
    if (target.kind != TargetKind::live) return false;
    auto libc = session.debugger.find_symbol(kLibcSymbol);
    if (!libc) return tl::make_unexpected(std::move(libc.error()));
    return *libc != 0;
}

Result<void> add_function(Session& session, const std::string& name, const Arguments& arguments) {
    for (const char* option : {"--sort", "--top", "--number"})
        if (arguments.value(option) != nullptr)
            return fail(Code::usage, fmt::format("{} is for calls that have been measured; {} is "
                                                 "no scope yet",
                                                 option, name));
    if (arguments.has("--json"))
        return fail(Code::usage,
                    fmt::format("--json is for calls that have been measured; {} is no "
                                "scope yet",
                                name));
    auto target = session.debugger.target();
    if (!target) return tl::make_unexpected(std::move(target.error()));
    if (auto allowed = may_change(*target, "scope"); !allowed) return allowed;
    auto loaded = is_loaded(session, *target);
    if (!loaded) return tl::make_unexpected(std::move(loaded.error()));
    std::optional<Process> process;
    if (*loaded) {
        auto found = session.process();
        if (!found) return tl::make_unexpected(std::move(found.error()));
        process = std::move(*found);
    }
    auto scope = scope_of(session, name, arguments);
    if (!scope) return tl::make_unexpected(std::move(scope.error()));
    auto added = session.scopes.add_function(session, std::move(*scope), *loaded);
    if (!added) return tl::make_unexpected(std::move(added.error()));
    session.say(
        fmt::format("scope {}: calls of {}, {}\n", (*added)->number, name, whose_text(**added)));
    if (process && !process->status.tracing)
        session.say("remark: tracing is off; mt start begins\n");
    return {};
}

bool has_measuring_options(const Arguments& arguments) {
    return arguments.value("--calls") != nullptr || arguments.value("--thread") != nullptr ||
           arguments.has("--stop");
}

Result<void> run_named(Session& session, const std::string& name, const Arguments& arguments) {
    if (session.scopes.find(name) == nullptr) {
        auto own = program_scopes(session);
        if (!own) return tl::make_unexpected(std::move(own.error()));
        for (const ProgramScope& scope : own->list)
            if (scope.name == name && !has_measuring_options(arguments))
                return show(session, report_of(scope, own->doubts), arguments, "");
        return add_function(session, name, arguments);
    }
    if (has_measuring_options(arguments))
        return fail(Code::usage, fmt::format("{0} is a scope already; mt scope delete {0} forgets "
                                             "it",
                                             name));
    if (auto looked = session.scopes.look(session); !looked) return looked;
    const Scope& scope = *session.scopes.find(name);
    ScopeReport report = report_of(session, scope);
    if (const auto process = session.process()) {
        const std::vector<Remark> first = about(*process);
        report.remarks.insert(report.remarks.begin(), first.begin(), first.end());
    }
    return show(session, report, arguments, scope.by);
}

Result<void> run_begin(Session& session, const std::string& name, const Arguments& arguments) {
    const std::string* thread = arguments.value("--thread");
    const bool of_process = thread != nullptr && *thread == "any";
    if (thread != nullptr && !of_process && *thread != "current")
        return fail(Code::usage, fmt::format("mt scope begin --thread takes current or any, not {}",
                                             thread->empty() ? "nothing" : *thread));
    const std::string scope = name.empty() ? "scope" : name;
    if (const Scope* found = session.scopes.find(scope); found != nullptr && found->is_function)
        return fail(Code::usage,
                    fmt::format("{} is a scope of a function; take another name", scope));
    auto number = session.scopes.begin(session, scope, of_process);
    if (!number) return tl::make_unexpected(std::move(number.error()));
    session.say(fmt::format("{} call {} begins\n", scope, *number));
    return {};
}

Result<void> run_end(Session& session, const std::string& name) {
    auto ended = session.scopes.end(session, name);
    if (!ended) return tl::make_unexpected(std::move(ended.error()));
    session.say(ended_text(ended->name, ended->call));
    return {};
}

}  // namespace

Result<void> run_scope(Session& session, const Arguments& arguments) {
    const std::string what = arguments.words.empty() ? "" : arguments.words.front();
    const std::string name = arguments.words.size() > 1 ? arguments.words[1] : "";
    if (what == "begin") return run_begin(session, name, arguments);
    if (what == "end") return run_end(session, name);
    if (what == "delete" && name.empty())
        return fail(Code::usage, "mt scope delete takes the name of a scope; mt scope lists them");
    if (what == "delete") return session.scopes.erase(session, name);
    if (!name.empty())
        return fail(Code::usage, fmt::format("mt scope: one word too many: {}; usage: mt scope "
                                             "FUNCTION",
                                             name));
    if (!what.empty() && what != "list") return run_named(session, what, arguments);
    if (!arguments.values.empty() || arguments.has("--stop"))
        return fail(Code::usage, "mt scope needs a function, such as mt scope parse");
    return show_list(session, arguments.has("--json"));
}

}  // namespace mt::core
