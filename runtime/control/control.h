// SPDX-License-Identifier: MIT
//
// What the request word asks of a call, and of the state. Anybody may write the word at
// any time; it is obeyed at the next event (docs/invariants.md). The one place that decides from
// it: hooks ask for a mode, events for a state.
#ifndef MEMTRACE_CONTROL_CONTROL_H
#define MEMTRACE_CONTROL_CONTROL_H

#include "control/states.h"

namespace mt::runtime {

inline u64 request_now() { return load(root().request); }
inline bool is_on(u64 request) { return (request & kRequestOn) != 0; }
inline bool is_watched(u64 request) { return (request & kRequestWatch) != 0; }

// What a call of the family is to do: no more than the real function, or record, or look
// at conditions as well. Starting: there is no real function yet. Boxed: record, with_escape().
enum class Mode : u32 { on, off, starting, watched, boxed };

// Which process this is (control/process.h).
enum class Process : u64 { unknown = 0, known = 1, adopting = 2 };

// The words say which requests need no further look, each 0 = none (no request is 0: it
// states a frame limit). They have a page to themselves that a fork's child finds zeroed, by
// whatever system call it was made: its first hook takes the slow way, and learns there
// that it is in another process.
class alignas(kPageSize) Control {
  public:
    // Hooks have nothing to do. Any other request sends them into the slow way.
    bool is_quiet() const { return is_request(quiet_); }
    // The same for hooks that are given a block, which may be one of bootstrap.h.
    bool is_quiet_release() const { return is_request(quiet_release_); }
    // A state was made for it: hooks and events need not ask whether all is ready.
    bool is_traced(u64 request) const { return __builtin_expect(request == load(traced_), 1); }
    // The same with a black box: events run with_escape() (thread/escape.h).
    bool is_boxed(u64 request) const { return (request | kBoxed) == load(traced_); }
    // For a process whose functions are found. When tracing is off the state is given back
    // and the hooks are quieted; those that are given a block only if `quiets_releases`.
    Mode obey(bool quiets_releases);

    // Are events recorded under this request? Not in a runtime that has refused to.
    static bool records(u64 request);
    // Is there a table for an event?
    bool is_ready(u64 request) const {
        return is_traced(request) || (is_on(request) && prepare_table());
    }
    // The state for an event, published in c.state. nullptr: could not be had (counted).
    // The guard is closed: a state is in use while a context names it and is busy. So a
    // thread that finds the state of its last event has nothing to publish.
    LiveState* enter(ThreadContext& c, u64 request) {
        const u64 address = load(current_state);
        auto* state = pointer<LiveState>(address);
        if (__builtin_expect(address != 0 && address == c.state && state->request == request &&
                                 load(root().peak_reset_request) == state->peak_reset_done,
                             1)) {
            return state;
        }
        return enter_other(c, request);
    }

    // This process is the one that the table is about.
    bool knows_process() const { return load(process_) == static_cast<u64>(Process::known); }
    void know_process() { publish(process_, static_cast<u64>(Process::known)); }
    // No state is there for any request, and blocks may be that no table has.
    void forget_requests();
    // False: another one does, or it is known.
    bool begin_adopting() {
        return exchange_if(process_, static_cast<u64>(Process::unknown),
                           static_cast<u64>(Process::adopting));
    }

  private:
    static constexpr u64 kBoxed = 1u << 15;  // of no request

    bool is_request(const u64& word) const {
        return __builtin_expect(__atomic_load_n(&root().request, __ATOMIC_RELAXED) ==
                                    __atomic_load_n(&word, __ATOMIC_RELAXED),
                                1);
    }
    LiveState* enter_other(ThreadContext& c, u64 request);
    LiveState* replace_state(ThreadContext& c, u64 request);
    void remember(u64& word, u64 request);

    u64 quiet_;
    u64 quiet_release_;
    u64 traced_;
    u64 process_;
};
extern __attribute__((visibility("hidden"))) Control control;

// A nested event may come before the outer one has seen the request; anybody may say so again.
void begin_stamps(LiveState& state);

}  // namespace mt::runtime

#endif
