// SPDX-License-Identifier: MIT
//
// What the user asks of scopes: to measure, begin, end, forget and look at them. What a
// call is, and when it ends, is in scopes.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "command/control.h"
#include "command/scopes.h"
#include "command/session.h"

namespace mt::core {

Result<Scope*> Scopes::add_function(Session& session, Scope scope, bool must_exist) {
    scope.number = next_number_++;
    scope.is_function = true;
    auto set = session.debugger.set_point(scope.number, scope.name.c_str(), 0, true);
    if (set && *set && (**set != 0 || !must_exist)) return &list_.emplace_back(std::move(scope));
    --next_number_;
    if (!set) return fail(std::move(set.error()));
    const std::uint32_t number = scope.number;
    MT_TRY(session.debugger.set_point(number, nullptr, 0, false));
    if (!*set) return fail(Code::refused, "the debugger cannot set a breakpoint for mt scope");
    return fail(Code::usage, fmt::format("there is no function {} in the program; mt scope begin "
                                         "and end measure from stop to stop",
                                         scope.name));
}

Result<void> Scopes::erase(Session& session, const std::string& name) {
    Scope* scope = find(name);
    if (scope == nullptr)
        return fail(Code::usage, fmt::format("there is no scope {}; mt scope lists them", name));
    const std::uint32_t number = scope->number;
    if (scope->is_function) MT_TRY(session.debugger.set_point(number, nullptr, 0, false));
    std::erase_if(open_, [number](const Open& open) { return open.scope == number; });
    std::erase_if(list_, [number](const Scope& one) { return one.number == number; });
    if (list_.empty()) {
        auto process = live(session);
        if (!process && process.error().code == Code::interrupted)
            return fail(std::move(process.error()));
        if (process)
            MT_TRY(Control(session.debugger, (*process)->status.root_address).end_epochs());
    }
    const bool any =
        std::any_of(list_.begin(), list_.end(), [](const Scope& one) { return one.is_function; });
    return any ? Result<void>() : forget_return_points(session);
}

Result<std::uint64_t> Scopes::begin(Session& session, const std::string& name, bool of_process) {
    auto process = MT_TRY(live(session));
    if (!process->status.tracing)
        return fail(Code::refused,
                    "tracing is off, so there is nothing to measure; mt start begins "
                    "to trace");
    Open call;
    call.is_process = of_process;
    auto thread = MT_TRY(session.debugger.current_thread());
    call.tid = thread;
    Scope& scope = named(name);
    MT_TRY(mark(session, *process, !scope.by.empty() || process->status.stamps));
    auto begun = MT_TRY(open(session, *process, scope, std::move(call)));
    return begun.number;
}

Result<Scopes::Ended> Scopes::end(Session& session, const std::string& name) {
    MT_TRY(look(session));
    auto thread = MT_TRY(session.debugger.current_thread());
    std::optional<std::size_t> found;
    for (std::size_t i = open_.size(); i-- > 0;) {
        const Open& open = open_[i];
        const Scope* scope = of(open.scope);
        if (open.frame != 0 || (!name.empty() && (scope == nullptr || scope->name != name)))
            continue;
        const bool mine = open.tid == thread;
        if (mine || !found) found = i;
        if (mine) break;
    }
    if (!found)
        return fail(Code::usage,
                    name.empty()
                        ? std::string("no scope is open; mt scope begin opens one")
                        : fmt::format("scope {0} is not open; mt scope begin {0} opens it", name));
    for (std::size_t i = open_.size(); --i > *found;)
        if (open_[i].tid == open_[*found].tid && open_[i].frame == 0) close(i, Left::outer);
    const Scope* scope = of(open_[*found].scope);
    Ended ended;
    ended.name = scope != nullptr ? scope->name : name;
    ended.call = close(*found, Left::returned);
    return ended;
}

Result<void> Scopes::look(Session& session) {
    if (open_.empty()) return {};
    auto process = live(session);
    if (!process) {
        const Code code = process.error().code;
        if (code != Code::exited && code != Code::no_process && code != Code::no_runtime)
            return fail(std::move(process.error()));
        return forget_process(session);
    }
    MT_TRY(measure(**process));
    MT_TRY(mark(session, **process, false));
    std::map<std::uint64_t, std::optional<std::uint64_t>> stacks;
    for (const Open& open : open_) stacks.try_emplace(open.tid);
    for (auto& [tid, sp] : stacks) {
        auto now = MT_TRY(session.debugger.stack_pointer(tid));
        sp = now;
    }
    for (const auto& [tid, sp] : stacks) {
        if (sp) sweep(tid, *sp - 1, 0);
        for (std::size_t i = open_.size(); !sp && i-- > 0;)
            if (open_[i].tid == tid) close(i, Left::exited);
    }
    return {};
}

std::vector<ScopeCall> Scopes::open_calls(const Scope& scope) const {
    std::vector<ScopeCall> calls;
    for (const Open& open : open_)
        if (open.scope == scope.number) calls.push_back(open.call);
    return calls;
}

}  // namespace mt::core
