// SPDX-License-Identifier: MIT
//
// mt scope: from words to scopes and back. What they do is in scopes.h.
#include <fmt/format.h>

#include <algorithm>

#include "analyse/alive.h"
#include "analyse/by_thread.h"
#include "command/reporting.h"
#include "command/scopes.h"
#include "command/session.h"
#include "command/verb.h"
#include "command/view.h"
#include "model/numbers.h"
#include "read/scopes.h"
#include "show/scope.h"

namespace mt::core {
namespace {

// A data symbol of every libc.so: absent while the loader has not mapped libc yet.
constexpr const char* kLibcSymbol = "_IO_2_1_stdout_";

Result<std::uint64_t> number_from(std::string_view option, const std::string& text,
                                  std::uint64_t least) {
    const auto number = number_of<std::uint64_t>(text);
    if (number && *number >= least) return *number;
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
        auto rows = MT_TRY(number_from("--top", *text, 0));
        view.rows = rows;
    }
    if (const std::string* text = arguments.value("--number")) {
        auto number = MT_TRY(number_from("--number", *text, 1));
        view.number = number;
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
        auto scopes = MT_TRY(read_scopes(*process->memory, process->status));
        return OwnScopes{std::move(scopes), about(*process)};
    }
    if (means_no_scopes(process.error())) return OwnScopes{};
    return fail(std::move(process.error()));
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
    MT_TRY(session.scopes.look(session));
    std::vector<ScopeReport> list;
    for (const Scope& scope : session.scopes.all()) list.push_back(report_of(session, scope));
    auto own = MT_TRY(program_scopes(session));
    for (const ProgramScope& scope : own.list) list.push_back(report_of(scope, {}));
    session.say(json ? scopes_json(list, own.doubts) : scopes_text(list, own.doubts));
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
    auto view = MT_TRY(scope_view_of(session, arguments));
    if (view.number) {
        std::erase_if(report.calls,
                      [&](const ScopeCall& call) { return call.number != *view.number; });
        if (report.calls.empty())
            return fail(Code::usage, fmt::format("{} has no call {}", report.name, *view.number));
    }
    auto process = session.process();
    if (!process && !means_no_scopes(process.error())) return fail(std::move(process.error()));
    std::shared_ptr<Table> table;
    if (process) {
        auto read = MT_TRY(blocks_now(session, *process, report.calls));
        table = std::move(read);
    }
    if (table) MT_TRY(count_alive(*table, report.calls, session.interrupted()));
    report.has_alive = std::any_of(report.calls.begin(), report.calls.end(),
                                   [](const ScopeCall& call) { return call.alive_count; });
    sort_calls(report.calls, view.sort);
    report.shown = view.rows;
    const std::string* asked = arguments.value("--by");
    const std::string key = asked != nullptr ? *asked : by;
    const bool grouped = asked != nullptr || (!key.empty() && table && !view.json);
    View alive;
    if (grouped) {
        auto chosen = MT_TRY(alive_view(session, key, table.get(), view.json));
        alive = std::move(chosen);
    }
    const Sink out = session.printer();
    if (!view.json || !grouped)
        MT_TRY(view.json ? scope_json(report, out) : scope_text(report, out));
    if (!grouped) return {};
    if (!view.json) session.say("alive, by " + key + ":\n");
    auto of_calls = MT_TRY(only_alive(*table, report.calls, session.interrupted()));
    auto made = MT_TRY(make_report(session, "scope", std::move(of_calls),
                                   process ? &*process : nullptr, alive, out));
    session.last = std::move(made);
    return {};
}

// --- what is measured --------------------------------------------------------

Result<void> find_thread(Session& session, const std::string& text, Scope& scope) {
    auto process = MT_TRY(session.process());
    auto table = MT_TRY(read_now(process, false));
    const auto found = threads_named(*table, text);
    if (found.size() > 1)
        return fail(Code::usage,
                    fmt::format("several threads are called {}; use the thread's number", text));
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
        MT_TRY(view_of(session.settings, chosen));
        scope.by = *by;
    }
    if (const std::string* text = arguments.value("--calls")) {
        auto most = MT_TRY(number_from("--calls", *text, 1));
        scope.most_calls = most;
    }
    scope.most_calls =
        scope.most_calls == 0 ? Scopes::kMostCalls : std::min(scope.most_calls, Scopes::kMostCalls);
    const std::string* thread = arguments.value("--thread");
    if (thread == nullptr || *thread == "current") return scope;
    if (*thread == "any") {
        scope.whose = Whose::process;
        return scope;
    }
    MT_TRY(find_thread(session, *thread, scope));
    return scope;
}

// The program stands and its libraries are mapped: what is not there is misspelt.
Result<bool> is_loaded(Session& session, const Target& target) {
    if (target.kind != TargetKind::live) return false;
    auto libc = MT_TRY(session.debugger.find_symbol(kLibcSymbol));
    return libc != 0;
}

Result<void> add_function(Session& session, const std::string& name, const Arguments& arguments) {
    for (const char* option : {"--sort", "--top", "--number"})
        if (arguments.value(option) != nullptr)
            return fail(Code::usage, fmt::format("{} is for calls that have been measured; there "
                                                 "is no scope named {}",
                                                 option, name));
    if (arguments.has("--json"))
        return fail(Code::usage,
                    fmt::format("--json is for calls that have been measured; there is no "
                                "scope named {}",
                                name));
    auto target = MT_TRY(session.debugger.target());
    MT_TRY(may_change(target, "scope"));
    auto loaded = MT_TRY(is_loaded(session, target));
    std::optional<Process> process;
    if (loaded) {
        auto found = MT_TRY(session.process());
        process = std::move(found);
    }
    auto scope = MT_TRY(scope_of(session, name, arguments));
    auto added = MT_TRY(session.scopes.add_function(session, std::move(scope), loaded));
    session.say(
        fmt::format("scope {}: calls of {}, {}\n", added->number, name, whose_text(*added)));
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
        auto own = MT_TRY(program_scopes(session));
        for (const ProgramScope& scope : own.list)
            if (scope.name == name && !has_measuring_options(arguments))
                return show(session, report_of(scope, own.doubts), arguments, "");
        return add_function(session, name, arguments);
    }
    if (has_measuring_options(arguments))
        return fail(Code::usage, fmt::format("{0} is a scope already; mt scope delete {0} forgets "
                                             "it",
                                             name));
    MT_TRY(session.scopes.look(session));
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
    auto number = MT_TRY(session.scopes.begin(session, scope, of_process));
    session.say(fmt::format("{} call {} begins\n", scope, number));
    return {};
}

Result<void> run_end(Session& session, const std::string& name) {
    auto ended = MT_TRY(session.scopes.end(session, name));
    session.say(ended_text(ended.name, ended.call));
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
