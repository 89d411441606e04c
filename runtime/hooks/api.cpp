// SPDX-License-Identifier: MIT
//
// memtrace.h, the runtime's side: requests as a debugger would write them, and
// the two figures that need no symbols.
#include "include/memtrace.h"

#include "hooks/real.h"
#include "table/counters.h"
#include "table/header.h"
#include "tracer/control.h"
#include "tracer/nested.h"

namespace {

using namespace mt::runtime;

bool is_tracing() { return (load(root().request) & kRequestOn) != 0; }

int start_at(int frames, u64 sample_bytes) {
    if (frames < 1 || frames > 65535) return -1;
    real_is_ready();
    request_start(static_cast<u16>(frames), sample_bytes);
    return 0;
}
int start(int frames) { return start_at(frames, 0); }
int start_sampled(int frames, uint64_t bytes) {
    return bytes < 1 || bytes > kMaxSampleBytes ? -1 : start_at(frames, bytes);
}
int stop() { return request_stop(), 0; }
int clear_traces() { return request_clear(), 0; }
int tracing() { return is_tracing() ? 1 : 0; }
int traceback_limit() { return request_limit(load(root().request)); }

// Published like an event, so that the state cannot be released meanwhile.
int traced_memory(uint64_t* current, uint64_t* peak) {
    if (!is_tracing() || header() == nullptr) return 0;
    ThreadContext* c = context();
    if (c == nullptr) return 0;
    const NestedState pinned(*c, load(root().request));
    if (LiveState* state = pinned.get()) {
        const i64 now = current_bytes(*state);
        const i64 kept = load(state->peak_bytes);
        const bool was_reset = load(root().peak_reset_request) != load(state->peak_reset_done);
        *current = static_cast<u64>(now);
        *peak = static_cast<u64>(was_reset || now > kept ? now : kept);
    }
    return 0;
}

int reset_peak_request() {
    if (is_tracing()) __atomic_fetch_add(&root().peak_reset_request, 1, __ATOMIC_ACQ_REL);
    return 0;
}

int tracer_memory(uint64_t* bytes) {
    const Header* h = header();
    if (h == nullptr) return 0;
    *bytes = load(h->mapped_bytes) + load(h->retired_bytes);
    ThreadContext* c = is_tracing() ? context() : nullptr;
    if (c == nullptr) return 0;
    const NestedState pinned(*c, load(root().request));
    if (LiveState* state = pinned.get()) *bytes += load(state->mapped_bytes);
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
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const memtrace_functions*
memtrace_runtime_functions() {
    return &kFunctions;
}
