// SPDX-License-Identifier: MIT
//
// See scopes.h. A call ends where its frame is gone: the point at its return address
// says so at once, any later stop of its thread at the latest.
#include "app/scopes/scopes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/wrapping.h"
#include "read/counted.h"

namespace mt::core {
namespace {

// Further away lies another stack: a signal handler's, a fiber's.
constexpr std::uint64_t kFarthest = 8u << 20;

bool is_gone(std::uint64_t frame, std::uint64_t sp) {
    return frame != 0 && frame <= sp && sp - frame < kFarthest;
}

}  // namespace

void Scopes::Open::measure(const Counted& now) {
    if (!is_process && call.thread != 0 && now.thread != call.thread) {
        is_gone = true;
        return;
    }
    if (!is_process) call.thread = now.thread;
    if (now.process.generation != begin.process.generation) {
        call.cleared = call.had_traces;
        begin = Counted{};
        begin.process = now.process;
        top = 0;
    }
    call.totals = since(begin.totals, now.totals);
    top = std::max(top, now.totals.net());
    for (const Counted::Top& seen : now.tops)
        if (seen.epoch != 0 && seen.epoch >= epoch) top = std::max(top, seen.net);
    call.peak = std::max<std::int64_t>(0, subtract(top, begin.totals.net()));
}

Scope* Scopes::of(std::uint32_t number) {
    const auto found = std::find_if(list_.begin(), list_.end(),
                                    [number](const Scope& one) { return one.number == number; });
    return found == list_.end() ? nullptr : &*found;
}

Scope* Scopes::find(const std::string& name) {
    for (Scope& scope : list_)
        if (scope.name == name) return &scope;
    for (Scope& scope : list_)
        if (std::to_string(scope.number) == name) return &scope;
    return nullptr;
}

Scope& Scopes::named(const std::string& name) {
    for (Scope& scope : list_)
        if (!scope.is_function && scope.name == name) return scope;
    Scope& added = list_.emplace_back();
    added.number = next_number_++;
    added.name = name;
    return added;
}

// --- the process -------------------------------------------------------------

Result<void> Scopes::forget_process() {
    for (std::size_t i = open_.size(); i-- > 0;) close(i, Left::exited);
    known_.reset();
    return forget_return_points();
}

Result<void> Scopes::forget_return_points() {
    for (const auto& [address, point] : return_points_) MT_TRY(points_.take(point));
    return_points_.clear();
    return {};
}

// A breakpoint that is hit often: what was found at the last hit is used again while
// it is the same process.
Result<const Process*> Scopes::live() {
    auto target = MT_TRY(debuggee_.debugger().target());
    MT_TRY(may_change(target, "scope"));
    if (known_ && target.kind == TargetKind::live && known_->target.pid == target.pid) {
        auto status = read_status(*known_->memory, known_->status.root_address);
        const bool same = status && status->identity.cookie == known_->status.identity.cookie &&
                          status->header_address == known_->status.header_address;
        if (same) {
            known_->status = std::move(*status);
            return known_.get();
        }
    }
    auto process = MT_TRY(debuggee_.process(false));
    const Identity& now = process.status.identity;
    const bool other =
        now.pid != process_.pid || (process_.cookie != 0 && now.cookie != process_.cookie);
    if (other) MT_TRY(forget_process());
    process_ = now;
    known_ = std::make_shared<Process>(std::move(process));
    return known_.get();
}

Result<void> Scopes::measure(const Process& process) {
    std::map<std::uint64_t, Counted> read;  // 0: the process
    for (Open& open : open_) {
        const std::uint64_t key = open.is_process ? 0 : open.tid;
        auto found = read.find(key);
        if (found == read.end()) {
            auto now =
                MT_TRY(read_counted(*process.memory, process.status,
                                    open.is_process ? std::nullopt : std::optional(open.tid)));
            found = read.emplace(key, now).first;
        }
        open.measure(found->second);
    }
    return {};
}

Result<void> Scopes::mark(const Process& process, bool wanted) {
    const bool any = std::any_of(open_.begin(), open_.end(),
                                 [](const Open& open) { return open.call.first_mark != 0; });
    if (!process.status.tracing || (!wanted && !any)) return {};
    auto made = MT_TRY(debuggee_.control(process).mark());
    mark_ = made;
    return {};
}

// --- calls -------------------------------------------------------------------

// Everybody's highest is read after the new epoch has begun, so that none is missed.
Result<ScopeCall> Scopes::open(const Process& process, Scope& scope, Open call) {
    Control control = debuggee_.control(process);
    if (process.status.tracing && call.is_process) {
        MT_TRY(measure(process));
        MT_TRY(control.reset_peak());
    } else if (process.status.tracing) {
        auto epoch = MT_TRY(control.begin_epoch());
        call.epoch = epoch;
        MT_TRY(measure(process));
    }
    auto now = MT_TRY(read_counted(*process.memory, process.status,
                                   call.is_process ? std::nullopt : std::optional(call.tid)));
    if (call.is_process) call.epoch = now.epoch;
    call.scope = scope.number;
    call.call.number = ++scope.begun;
    call.call.thread = call.is_process ? 0 : now.thread;
    call.call.process = now.process;
    call.call.had_traces = now.tracing;
    call.call.of_process = call.is_process;
    const bool tells = scope.by.has_value() || process.status.stamps;
    if (now.tracing && tells) call.call.first_mark = mark_;
    call.top = now.totals.net();
    call.begin = now;
    open_.push_back(call);
    return open_.back().call;
}

ScopeCall Scopes::close(std::size_t index, Left left) {
    Open ended = open_[index];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
    ended.call.left = ended.is_gone ? Left::exited : left;
    if (ended.call.first_mark != 0) ended.call.last_mark = mark_;
    if (Scope* scope = of(ended.scope)) scope->calls.push_back(ended.call);
    return ended.call;
}

std::vector<ScopeCall> Scopes::sweep(std::uint64_t tid, std::uint64_t sp,
                                     std::uint64_t returned_to) {
    std::vector<ScopeCall> stops;
    for (std::size_t i = open_.size(); i-- > 0;) {
        const Open& open = open_[i];
        if (open.tid != tid || !is_gone(open.frame, sp)) continue;
        const bool back = returned_to != 0 && open.frame == sp && open.return_pc == returned_to;
        const Scope* scope = of(open.scope);
        const bool stays = back && scope != nullptr && scope->stops;
        const ScopeCall call = close(i, back ? Left::returned : Left::jumped);
        if (stays) stops.push_back(call);
    }
    return stops;
}

Result<void> Scopes::set_return_point(std::uint64_t address) {
    if (return_points_.count(address) != 0) return {};
    const auto set =
        MT_TRY(points_.set_at(address, 1, [this](const Hit& hit) { return at_return(hit); }));
    if (!set)
        return fail(Code::refused, "the debugger cannot set a breakpoint where a call returns");
    return_points_[address] = set->number;
    return {};
}

Result<Stop> Scopes::entered(const Process& process, Scope& scope, std::uint64_t thread,
                             const Entry& at) {
    if (at.is_inlined) ++scope.inlined;
    if (at.is_inlined || scope.is_full()) return Stop{};
    MT_TRY(measure(process));
    const bool tells = scope.by.has_value() || process.status.stamps;
    MT_TRY(mark(process, tells));
    // A frame at the same place is the caller's of a scope that has the same function.
    sweep(thread, at.frame - 1, 0);
    for (std::size_t i = open_.size(); i-- > 0;)
        if (open_[i].tid == thread && open_[i].frame == at.frame && open_[i].scope == scope.number)
            close(i, Left::jumped);
    Open call;
    call.tid = thread;
    call.is_process = scope.whose == Whose::process;
    call.frame = at.frame;
    call.return_pc = at.return_pc;
    if (scope.whose == Whose::one) {
        auto now = MT_TRY(read_counted(*process.memory, process.status, thread));
        if (now.thread != scope.thread) return Stop{};
    }
    MT_TRY(set_return_point(at.return_pc));
    MT_TRY(open(process, scope, call));
    if (!scope.is_full()) return Stop{};
    // The others need not be seen.
    MT_TRY(points_.take(scope.point));
    return Stop{};
}

Result<Stop> Scopes::returned(const Process& process, const Hit& hit) {
    const Activation& at = hit.frames.front();
    const bool waited = std::any_of(open_.begin(), open_.end(), [&](const Open& open) {
        return open.tid == hit.thread && is_gone(open.frame, at.sp);
    });
    if (!waited) return Stop{};
    MT_TRY(measure(process));
    MT_TRY(mark(process, false));
    Stop stop;
    std::map<std::uint32_t, std::size_t> before;
    for (const Scope& scope : list_) before[scope.number] = scope.calls.size();
    if (sweep(hit.thread, at.sp, at.pc).empty()) return stop;
    for (const Scope& scope : list_)
        for (std::size_t i = before[scope.number]; scope.stops && i < scope.calls.size(); ++i)
            stop.ended.emplace_back(scope.name, scope.calls[i]);
    stop.stays = true;
    stop.pc = at.pc;
    return stop;
}

Result<const Process*> Scopes::measured() {
    auto process = live();
    // Without the runtime there is nothing to measure, and nothing to say at each call.
    if (!process && process.error().code == Code::no_runtime) return nullptr;
    return process;
}

Result<Stop> Scopes::at_entry(std::uint32_t number, const Hit& hit) {
    const Process* process = MT_TRY(measured());
    Scope& scope = *of(number);
    const auto entry = entry_of(hit.frames, scope.name);
    if (process == nullptr || !entry) return Stop{};
    return entered(*process, scope, hit.thread, *entry);
}

Result<Stop> Scopes::at_return(const Hit& hit) {
    if (open_.empty()) return Stop{};
    const Process* process = MT_TRY(measured());
    return process == nullptr ? Stop{} : returned(*process, hit);
}

// --- what the user asks for ---------------------------------------------------

Result<Scope*> Scopes::add_function(Scope scope, bool must_exist) {
    scope.number = next_number_;
    scope.is_function = true;
    const auto set =
        MT_TRY(points_.set_at(scope.name, 2, [this, number = scope.number](const Hit& hit) {
            return at_entry(number, hit);
        }));
    if (!set) return fail(Code::refused, "the debugger cannot set a breakpoint for mt scope");
    scope.point = set->number;
    if (set->places != 0 || !must_exist) {
        ++next_number_;
        return &list_.emplace_back(std::move(scope));
    }
    MT_TRY(points_.take(scope.point));
    return fail(Code::usage, fmt::format("there is no function {} in the program; mt scope begin "
                                         "and end measure from stop to stop",
                                         scope.name));
}

Result<void> Scopes::erase(const std::string& name) {
    Scope* scope = find(name);
    if (scope == nullptr)
        return fail(Code::usage, fmt::format("there is no scope {}; mt scope lists them", name));
    const std::uint32_t number = scope->number;
    if (scope->is_function) MT_TRY(points_.take(scope->point));
    std::erase_if(open_, [number](const Open& open) { return open.scope == number; });
    std::erase_if(list_, [number](const Scope& one) { return one.number == number; });
    if (list_.empty()) {
        auto process = live();
        if (!process && process.error().code == Code::interrupted)
            return fail(std::move(process.error()));
        if (process) MT_TRY(debuggee_.control(**process).end_epochs());
    }
    const bool any =
        std::any_of(list_.begin(), list_.end(), [](const Scope& one) { return one.is_function; });
    return any ? Result<void>() : forget_return_points();
}

Result<std::uint64_t> Scopes::begin(const std::string& name, bool of_process) {
    auto process = MT_TRY(live());
    if (!process->status.tracing)
        return fail(Code::refused,
                    "tracing is off, so there is nothing to measure; mt start begins to trace");
    Open call;
    call.is_process = of_process;
    auto thread = MT_TRY(debuggee_.debugger().current_thread());
    call.tid = thread;
    Scope& scope = named(name);
    MT_TRY(mark(*process, scope.by.has_value() || process->status.stamps));
    auto begun = MT_TRY(open(*process, scope, call));
    return begun.number;
}

Result<Scopes::Ended> Scopes::end(const std::string& name) {
    MT_TRY(look());
    auto thread = MT_TRY(debuggee_.debugger().current_thread());
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

Result<void> Scopes::look() {
    if (open_.empty()) return {};
    auto process = live();
    if (!process) {
        const Code code = process.error().code;
        if (code != Code::exited && code != Code::no_process && code != Code::no_runtime)
            return fail(std::move(process.error()));
        return forget_process();
    }
    MT_TRY(measure(**process));
    MT_TRY(mark(**process, false));
    const std::vector<ThreadAt> threads = MT_TRY(debuggee_.debugger().threads());
    if (threads.empty()) return {};  // the debugger cannot tell
    for (const ThreadAt& thread : threads) sweep(thread.tid, thread.stack_pointer - 1, 0);
    for (std::size_t i = open_.size(); i-- > 0;) {
        const auto is_its = [&](const ThreadAt& thread) { return thread.tid == open_[i].tid; };
        if (std::none_of(threads.begin(), threads.end(), is_its)) close(i, Left::exited);
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
