// SPDX-License-Identifier: MIT
//
// memtrace.h, the runtime's side: requests as a debugger would write them, and
// the two figures that need no symbols.
#include "include/memtrace.h"

#include "control/requests.h"
#include "features/domains.h"
#include "features/scopes.h"
#include "features/watch.h"
#include "hooks/caller.h"
#include "hooks/real.h"
#include "table/counters.h"
#include "thread/escape.h"

namespace {

using namespace mt::runtime;

bool is_tracing() { return Control::records(request_now()); }

// What the program calls, with its stack as it is.
#define MT_CALLED __attribute__((MT_ANY_STACK)) int

int start_at(int frames, u64 sample_bytes) {
    if (frames < 1 || frames > 65535) return -1;
    real_is_ready();
    request_start(static_cast<u16>(frames), sample_bytes);
    return 0;
}
MT_CALLED start(int frames) { return start_at(frames, 0); }
MT_CALLED start_sampled(int frames, uint64_t bytes) {
    return bytes < 1 || bytes > kMaxSampleBytes ? -1 : start_at(frames, bytes);
}
MT_CALLED stop() { return request_stop(), 0; }
MT_CALLED clear_traces() { return request_clear(), 0; }
MT_CALLED tracing() {
    real_is_ready();  // it may be a child that records nothing
    return is_tracing() ? 1 : 0;
}
MT_CALLED traceback_limit() { return request_limit(request_now()); }

// Published like an event, so that the state cannot be released meanwhile.
void read_figures(ThreadContext& c, uint64_t* current, uint64_t* peak) {
    const PinnedState state(c, request_now());
    if (!state) return;
    const i64 now = current_bytes(*state);
    const i64 kept = load(state->peak_bytes);
    const bool was_reset = load(root().peak_reset_request) != load(state->peak_reset_done);
    *current = static_cast<u64>(now);
    *peak = static_cast<u64>(was_reset || now > kept ? now : kept);
}
MT_CALLED traced_memory(uint64_t* current, uint64_t* peak) {
    real_is_ready();  // in a fork's child the table may be another one's
    if (!is_tracing() || header() == nullptr) return 0;
    with_escape([=] {
        ThreadContext* c = context();
        if (c != nullptr) read_figures(*c, current, peak);
    });
    return 0;
}

MT_CALLED reset_peak_request() {
    if (is_tracing()) __atomic_fetch_add(&root().peak_reset_request, 1, __ATOMIC_ACQ_REL);
    return 0;
}

MT_CALLED tracer_memory(uint64_t* bytes) {
    real_is_ready();
    const Header* h = header();
    if (h == nullptr) return 0;
    with_escape([=] {
        *bytes = load(h->mapped_bytes) + load(h->retired_bytes);
        ThreadContext* c = is_tracing() ? context() : nullptr;
        if (c == nullptr) return;
        const PinnedState state(*c, request_now());
        if (state) *bytes += load(state->mapped_bytes);
    });
    return 0;
}

// Kept from a table that is lost meanwhile; the call then does nothing.
template <typename Call>
int result_of(Call call) {
    int result = kOff;
    with_escape([&] { result = call(); });
    return result;
}

// The frame that calls one of these is the innermost of what is recorded.
#define MT_ENTRY __attribute__((noinline)) MT_CALLED

MT_ENTRY track(unsigned domain, uintptr_t key, size_t size) {
    const Caller caller = MT_CALLER;
    real_is_ready();  // the environment may ask for tracing
    const bool watched = is_watched(request_now());
    if (watched) watched_event_begins(caller);
    const int result = result_of([&] { return on_track(domain, key, size, caller); });
    if (watched && result == kDone) look({WatchedCall::What::tracks, key, size}, caller);
    return result;
}
MT_ENTRY untrack(unsigned domain, uintptr_t key) {
    const Caller caller = MT_CALLER;
    real_is_ready();  // the environment may ask for tracing
    return result_of([&] { return on_untrack(domain, key, caller); });
}
MT_ENTRY touch(unsigned domain, uintptr_t key) {
    const Caller caller = MT_CALLER;
    real_is_ready();  // the environment may ask for tracing
    return result_of([&] { return on_touch(domain, key, caller); });
}
MT_ENTRY pool(void* pages) {
    const Caller caller = MT_CALLER;
    real_is_ready();  // the environment may ask for tracing
    return result_of([&] { return on_pool(address_of(pages), caller); });
}
MT_ENTRY scope_begin(const char* name) {
    const Caller caller = MT_CALLER;
    real_is_ready();  // the environment may ask for tracing
    return result_of([&] { return begin_scope(name, caller); });
}
MT_ENTRY scope_end(int scope) {
    const Caller caller = MT_CALLER;
    real_is_ready();
    return result_of([&] { return end_scope(scope, caller); });
}
MT_CALLED pause_recording() {
    real_is_ready();
    with_escape([] { pause_thread(); });
    return 0;
}
MT_CALLED resume_recording() {
    real_is_ready();
    with_escape([] { resume_thread(); });
    return 0;
}

constexpr memtrace_functions kFunctions = {
    sizeof(memtrace_functions),
    start,
    stop,
    tracing,
    clear_traces,
    traceback_limit,
    traced_memory,
    reset_peak_request,
    tracer_memory,
    start_sampled,
    track,
    untrack,
    touch,
    pool,
    pause_recording,
    resume_recording,
    scope_begin,
    scope_end,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const memtrace_functions*
memtrace_runtime_functions() {
    return &kFunctions;
}
