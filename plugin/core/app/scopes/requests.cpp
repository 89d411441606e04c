// SPDX-License-Identifier: MIT
//
// See requests.h.
#include "app/scopes/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/threads.h"

namespace mt::core {
namespace {

Result<Scope> scope_of(Debuggee& debuggee, const AskedScope& asked) {
    Scope scope;
    scope.name = asked.name;
    scope.stops = asked.stops;
    scope.by = asked.by;
    scope.most_calls =
        asked.most_calls == 0 ? Scopes::kMostCalls : std::min(asked.most_calls, Scopes::kMostCalls);
    scope.whose = asked.whose;
    if (!asked.thread) return scope;
    const Process process = MT_TRY(debuggee.process());
    FoundThread found = MT_TRY(find_thread(debuggee, process, *asked.thread));
    scope.thread = found.serial;
    scope.thread_title = std::move(found.title);
    return scope;
}

}  // namespace

Result<AddedScope> measure_function(Session& session, const AskedScope& asked) {
    Debuggee& debuggee = session.debuggee();
    const Target target = MT_TRY(debuggee.target());
    MT_TRY(may_change(target, "scope"));
    // The program stands and its libraries are mapped: what is not there is misspelt.
    bool is_loaded = target.kind == TargetKind::live;
    if (is_loaded) is_loaded = MT_TRY(debuggee.has_libc());
    AddedScope added;
    if (is_loaded) {
        const Process process = MT_TRY(debuggee.process());
        added.is_tracing = process.status.tracing;
    }
    Scope scope = MT_TRY(scope_of(debuggee, asked));
    const Scope* made = MT_TRY(session.scopes().add_function(std::move(scope), is_loaded));
    added.scope = *made;
    return added;
}

Result<std::uint64_t> begin_scope(Session& session, const std::string& name, bool of_process) {
    if (const Scope* found = session.scopes().find(name); found != nullptr && found->is_function)
        return fail(Code::usage,
                    fmt::format("{} is a scope of a function; take another name", name));
    return session.scopes().begin(name, of_process);
}

}  // namespace mt::core
