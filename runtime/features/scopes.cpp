// SPDX-License-Identifier: MIT
//
// See scopes.h. A begin and an end are events of their own without a change: the guard is
// closed, so a handler's scope never meets a half done one.
#include "features/scopes.h"

#include "guard/locks.h"
#include "table/counters.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

constexpr u32 kTokenBits = 25;  // of which the count of begins stands in a token
constexpr u32 kDepthBits = 6;
static_assert(kMaxScopes == 1u << kDepthBits && kTokenBits + kDepthBits == 31);

// --- names -------------------------------------------------------------------

ScopeName* names() { return pointer<ScopeName>(load(header()->scope_names)); }

bool is_called(const ScopeName& known, const char* name) {
    constexpr u32 kLast = sizeof(known.text) - 1;
    u32 i = 0;
    while (i < kLast && name[i] != '\0' && known.text[i] == name[i]) ++i;
    return known.text[i] == '\0' && (i == kLast || name[i] == '\0');
}

bool find_name(const char* name, u32& index) {
    const u64 count = load(header()->scope_name_count);
    const ScopeName* all = names();
    for (u32 i = 0; i < count; ++i) {
        if (is_called(all[i], name)) return index = i, true;
    }
    return false;
}

void write_name(ScopeName& name, const char* text) {
    for (u32 i = 0; i + 1 < sizeof(name.text) && text[i] != '\0'; ++i)
        publish(name.text[i], text[i]);
}

// A program that has more names than there is room for gets its further ones summed up.
bool add_name(const char* name, u32& index) {
    Holder holder(process_locks.scopes);
    if (!holder) return false;
    if (names() == nullptr) {
        void* fresh = process_pool.take(kScopeNames * sizeof(ScopeName));
        if (fresh == nullptr) return false;
        publish(header()->scope_names, address_of(fresh));
    }
    if (find_name(name, index)) return true;
    index = static_cast<u32>(load(header()->scope_name_count));
    if (index == kScopeNames) return index = kScopeNames - 1, true;
    write_name(names()[index], index == kScopeNames - 1 ? "(other scopes)" : name);
    publish(header()->scope_name_count, u64{index} + 1);
    return true;
}

// Names are mostly literals: where one stood is where it stands.
bool name_of(ThreadContext& c, const char* name, u32& index) {
    const u64 address = address_of(name);
    KnownName& known = c.known_names[(address ^ address >> 6) % kKnownNames];
    if (__builtin_expect(known.address == address && is_called(names()[known.index], name), 1)) {
        return index = static_cast<u32>(known.index), true;
    }
    if (!find_name(name, index) && !add_name(name, index)) return false;
    known = {address, index};
    return true;
}

// --- calls -------------------------------------------------------------------

// The shard that counts for the thread; it has one also while it pauses.
Shard* counting_shard(ThreadContext& c, LiveState& state) {
    Shard* shard = kept_shard(c, state);
    return shard != nullptr ? shard : find_shard(c, state);
}

int begin_inside(ThreadContext& c, u64 request, const char* name) {
    LiveState* state = control.enter(c, request);
    Shard* shard = state != nullptr ? counting_shard(c, *state) : nullptr;
    u32 index = 0;
    if (shard == nullptr || c.scope_depth == kMaxScopes || !name_of(c, name, index)) {
        return kNotRecorded;
    }
    if (!state->is_special()) publish(state->special, 1);
    OpenScope& scope = c.scopes[c.scope_depth];
    c.scope_token = (c.scope_token + 1) % (1u << kTokenBits);
    scope.token = c.scope_token << kDepthBits | c.scope_depth;
    scope.name = index;
    scope.number = __atomic_add_fetch(&names()[index].begun, 1, __ATOMIC_RELAXED);
    scope.generation = state->generation;
    scope.alloc_bytes = shard->alloc_bytes;
    scope.alloc_count = shard->alloc_count;
    scope.free_bytes = shard->free_bytes;
    scope.free_count = shard->free_count;
    scope.outer_top = shard->own_top;
    publish(shard->own_top, net_bytes(*shard));
    publish(c.scope_depth, c.scope_depth + 1);
    return static_cast<int>(scope.token);
}

ScopeLog* log_of(ThreadContext& c) {
    if (c.scope_log != 0) return pointer<ScopeLog>(c.scope_log);
    auto* log = static_cast<ScopeLog*>(process_pool.take_mapping(sizeof(ScopeLog)));
    if (log == nullptr) return count_loss(LossKind::no_memory), nullptr;
    log->self = address_of(log);
    push_front(header()->scope_logs, *log);
    return c.scope_log = log->self, log;
}

void add_figure(ScopeSums& to, const ScopeSums& from, u32 which, i64 figure) {
    const bool first = from.count == 0;
    to.least[which] = first || figure < from.least[which] ? figure : from.least[which];
    to.most[which] = first || figure > from.most[which] ? figure : from.most[which];
}

void add_call(ScopeSums& to, const ScopeSums& from, const ScopeCall& call, u64 upto) {
    to.upto = upto;
    to.count = from.count + 1;
    to.sum[0] = from.sum[0] + call.alloc_count;
    to.sum[1] = from.sum[1] + call.free_count;
    to.sum[2] = from.sum[2] + call.alloc_bytes;
    to.sum[3] = from.sum[3] + call.free_bytes;
    add_figure(to, from, 0, static_cast<i64>(call.alloc_count));
    add_figure(to, from, 1, static_cast<i64>(call.free_count));
    add_figure(to, from, 2, static_cast<i64>(call.alloc_bytes));
    add_figure(to, from, 3, static_cast<i64>(call.alloc_bytes - call.free_bytes));
    add_figure(to, from, 4, call.peak);
}

// The innermost scope ends; `shard`: the thread's now, nullptr: nothing is traced.
void end_innermost(ThreadContext& c, const LiveState* state, Shard* shard, u32 flags) {
    const OpenScope& scope = c.scopes[c.scope_depth - 1];
    publish(c.scope_depth, c.scope_depth - 1);
    ScopeLog* log = log_of(c);
    if (log == nullptr) return;
    const u64 written = log->written;
    ScopeSums* both = log->sums[scope.name];
    // Valid are those up to `written`; of two the later ones. The others are written anew.
    const bool second =
        both[1].upto <= written && (both[0].upto > written || both[1].upto > both[0].upto);
    ScopeCall& call = log->call[written % kScopeCalls];
    const bool same = state != nullptr && scope.generation == state->generation;
    const auto* row = pointer<const Thread>(c.thread);
    call.number = scope.number;
    call.name = scope.name;
    call.thread = row != nullptr ? row->serial : 0;
    call.alloc_bytes = shard == nullptr ? 0 : shard->alloc_bytes - (same ? scope.alloc_bytes : 0);
    call.alloc_count = shard == nullptr ? 0 : shard->alloc_count - (same ? scope.alloc_count : 0);
    call.free_bytes = shard == nullptr ? 0 : shard->free_bytes - (same ? scope.free_bytes : 0);
    call.free_count = shard == nullptr ? 0 : shard->free_count - (same ? scope.free_count : 0);
    const i64 net = same ? static_cast<i64>(scope.alloc_bytes - scope.free_bytes) : 0;
    const i64 top = shard == nullptr ? net : shard->own_top;
    call.peak = top > net ? top - net : 0;
    call.flags = flags | (same ? 0 : kScopeCleared);
    call.depth = c.scope_depth;
    add_call(both[second ? 0 : 1], both[second ? 1 : 0], call, written + 1);
    publish(log->written, written + 1);
    if (same && scope.outer_top > top) publish(shard->own_top, scope.outer_top);
}

int end_inside(ThreadContext& c, u64 request, u32 token) {
    const u32 depth = token % kMaxScopes;
    if (depth >= c.scope_depth || c.scopes[depth].token != token) return kNotRecorded;
    LiveState* state = is_on(request) ? control.enter(c, request) : nullptr;
    Shard* shard = state != nullptr ? counting_shard(c, *state) : nullptr;
    while (c.scope_depth > depth) {
        end_innermost(c, state, shard, c.scope_depth > depth + 1 ? kScopeOuter : 0);
    }
    return kDone;
}

}  // namespace

int begin_scope(const char* name, const Caller& caller) {
    const u64 request = request_now();
    if (!Control::records(request)) return kOff;
    ThreadContext* c = control.is_ready(request) ? context() : nullptr;
    if (c == nullptr || !open_event(*c, caller)) return kNotRecorded;
    const int token = begin_inside(*c, request, name != nullptr ? name : "(no name)");
    close_event(*c);
    return token;
}

int end_scope(int token, const Caller& caller) {
    ThreadContext* c = my_context;
    if (token < 0 || c == nullptr || header() == nullptr) return kNotRecorded;
    if (!open_event(*c, caller)) return kNotRecorded;
    const int result = end_inside(*c, request_now(), static_cast<u32>(token));
    close_event(*c);
    return result;
}

}  // namespace mt::runtime
