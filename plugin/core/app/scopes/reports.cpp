// SPDX-License-Identifier: MIT
//
// See reports.h.
#include "app/scopes/reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analyse/alive.h"
#include "read/scopes.h"

namespace mt::core {
namespace {

ScopeReport report_of(const Scopes& scopes, const Scope& scope) {
    ScopeReport report;
    report.number = scope.number;
    report.name = scope.name;
    report.kind = scope.is_function ? "function" : "stops";
    report.whose = scope.is_function ? whose_text(scope) : "its own thread";
    if (!scope.is_function && scope.whose == Whose::process) report.whose = "the whole process";
    report.measures = !scope.is_full();
    report.calls = scope.calls;
    for (ScopeCall& call : scopes.open_calls(scope)) report.calls.push_back(call);
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
    auto process = session.debuggee().process();
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
        report.remarks.push_back({"last-calls",
                                  fmt::format("the last {} calls are kept: the median is theirs; "
                                              "min, max and total are of all {}",
                                              scope.calls.size(), scope.summary.calls),
                                  scope.summary.calls - scope.calls.size()});
    return report;
}

// What is alive of the calls' blocks, if anything can tell.
Result<std::shared_ptr<Table>> blocks_now(const Session& session, const Process& process,
                                          const std::vector<ScopeCall>& calls) {
    const bool any = std::any_of(calls.begin(), calls.end(), [&](const ScopeCall& call) {
        return call.first_mark != 0 && call.process.cookie == process.status.identity.cookie;
    });
    if (!any || session.scopes().all().empty()) return std::shared_ptr<Table>();
    ReadOptions options;
    options.blocks = true;
    return read_now(process, options);
}

Result<MadeReport> alive_report(Session& session, const std::shared_ptr<Table>& table,
                                const std::vector<ScopeCall>& calls, const Process* process,
                                KeyType by, const CallsWanted& wanted) {
    if (table == nullptr)
        return fail(Code::usage,
                    "these calls cannot be told by their blocks any more, or never could; a scope "
                    "that is made with --by, or after mt start --stamps, can");
    View view;
    view.rows = session.settings().rows;
    view.source = session.settings().source;
    view.grouping.key = by;
    view.grouping.totals = wanted.totals;
    view.grouping.hides = true;
    view.grouping.blocks.since = 0;  // figures of blocks
    const std::shared_ptr<Table> alive =
        MT_TRY(only_alive(*table, calls, session.debuggee().interrupted()));
    return make_report(session, "scope", alive, process, std::move(view));
}

// One without its calls' blocks, and its own key for them.
struct Found {
    ScopeReport report;
    std::optional<KeyType> by;
};
Result<Found> find_scope(Session& session, const std::string& name) {
    if (session.scopes().find(name) == nullptr) {
        const OwnScopes own = MT_TRY(program_scopes(session));
        for (const ProgramScope& scope : own.list)
            if (scope.name == name) return Found{report_of(scope, own.doubts), std::nullopt};
        return fail(Code::usage, fmt::format("there is no scope named {}", name));
    }
    MT_TRY(session.scopes().look());
    const Scope& scope = *session.scopes().find(name);
    Found found{report_of(session.scopes(), scope), scope.by};
    if (const auto process = session.debuggee().process()) {
        const std::vector<Remark> first = about(*process);
        auto& remarks = found.report.remarks;
        remarks.insert(remarks.begin(), first.begin(), first.end());
    }
    return found;
}

}  // namespace

std::string whose_text(const Scope& scope) {
    if (scope.whose == Whose::process) return "the whole process";
    if (scope.whose == Whose::one) return scope.thread_title;
    return "each its own thread";
}

Result<ScopesReport> scopes_report(Session& session) {
    MT_TRY(session.scopes().look());
    ScopesReport report;
    for (const Scope& scope : session.scopes().all())
        report.scopes.push_back(report_of(session.scopes(), scope));
    OwnScopes own = MT_TRY(program_scopes(session));
    for (const ProgramScope& scope : own.list) report.scopes.push_back(report_of(scope, {}));
    report.remarks = std::move(own.doubts);
    return report;
}

Result<bool> is_scope(Session& session, const std::string& name) {
    if (session.scopes().find(name) != nullptr) return true;
    const OwnScopes own = MT_TRY(program_scopes(session));
    return std::any_of(own.list.begin(), own.list.end(),
                       [&name](const ProgramScope& scope) { return scope.name == name; });
}

Result<MadeScope> scope_report(Session& session, const std::string& name,
                               const CallsWanted& wanted) {
    Debuggee& debuggee = session.debuggee();
    Found found = MT_TRY(find_scope(session, name));
    ScopeReport& report = found.report;
    if (wanted.number) {
        std::erase_if(report.calls,
                      [&](const ScopeCall& call) { return call.number != *wanted.number; });
        if (report.calls.empty())
            return fail(Code::usage, fmt::format("{} has no call {}", report.name, *wanted.number));
    }
    auto process = debuggee.process();
    if (!process && !means_no_scopes(process.error())) return fail(std::move(process.error()));
    std::shared_ptr<Table> table;
    if (process) table = MT_TRY(blocks_now(session, *process, report.calls));
    if (table) MT_TRY(count_alive(*table, report.calls, debuggee.interrupted()));
    report.has_alive = std::any_of(report.calls.begin(), report.calls.end(),
                                   [](const ScopeCall& call) { return call.alive_count; });
    sort_calls(report.calls, wanted.sort);
    report.shown = wanted.rows;
    MadeScope made;
    const auto by = wanted.by ? wanted.by : wanted.by_own_key && table ? found.by : std::nullopt;
    if (by) {
        made.alive = MT_TRY(
            alive_report(session, table, report.calls, process ? &*process : nullptr, *by, wanted));
        report.alive = std::move(made.alive->report);
        report.alive_by = std::string(name_of(*by));
    }
    made.report = std::move(report);
    return made;
}

void remember(Session& session, MadeScope made) {
    if (!made.alive) return;
    made.alive->report = std::move(*made.report.alive);
    remember(session, std::move(*made.alive));
}

}  // namespace mt::core
