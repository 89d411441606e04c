// SPDX-License-Identifier: MIT
//
// What a thread needs for its events: identity, re-entrancy guard, the event in flight,
// the ring of nested events, room for a stack, its shard. One mapping per thread, never
// given back, taken over from threads that ended (control/contexts.h). No thread-exit code:
// libc frees blocks after every destructor has run. Makes no event.
#ifndef MEMTRACE_THREAD_CONTEXT_H
#define MEMTRACE_THREAD_CONTEXT_H

#include "abi/layout.h"
#include "stack/frame_cache.h"
#include "stack/other_stack.h"
#include "stack/recent_stacks.h"
#include "stack/window.h"
#include "table/depot.h"
#include "table/state.h"
#include "thread/sampling.h"
#include "thread/tickets.h"

namespace mt::runtime {

// A scope that the thread has begun (features/scopes.h).
struct OpenScope {
    abi::u32 token;
    abi::u32 name;
    abi::u64 number;
    abi::u64 generation;  // of the state that the sums are of
    abi::u64 alloc_bytes, alloc_count, free_bytes, free_count;
    abi::i64 outer_top;  // Shard::own_top, of the scope around it
};
inline constexpr abi::u32 kMaxScopes = 64;
// The address at which a name stood, and its index.
struct KnownName {
    abi::u64 address;
    abi::u64 index;
};
inline constexpr abi::u32 kKnownNames = 16;

// Stacks of fibers that the thread has run on, kept like its own.
struct OtherStacks {
    static constexpr abi::u32 kStacks = 4;
    struct Kept {
        stack::FrameCache frames;
        abi::u32 last_stack;
    };
    Kept& kept_of(abi::u64 sp);
    void forget();

    stack::Crossings crossings;
    abi::u32 replaced;  // the one that was given to a stack not kept before
    Kept kept[kStacks];
};

struct ThreadContext : abi::Context {
    stack::Window window;
    abi::u64 owner;          // control block of its thread
    abi::u64 kept_shard;     // the thread's shard of shard_state, if that is of
    LiveState* shard_state;  // this generation still; Context::shard is it or 0
    abi::u64 shard_generation;
    abi::u64 busy_pc;         // return address of the hook that closed the guard
    abi::u64 nested_state;    // the state that a nested event uses
    abi::u64 moved;           // the real realloc has moved the block of the event in `inflight`
    abi::u64 foreign_pc;      // return address of the hook that made it
    abi::u64 foreign_call;    // stack address of a call into a foreign allocator; 0 = none
    abi::u64 last_allocated;  // address; for temporaries
    abi::u32 last_stack;      // id of what `frames` holds; 0 = not known
    abi::u64 hint;            // address of the last event's block, and its word in the state's
    abi::u64* hint_slot;      // block table; nullptr: of another state
    abi::u64 scope_log;       // 0 = it has ended none
    abi::u32 scope_depth;
    abi::u32 scope_token;  // last one given
    OpenScope scopes[kMaxScopes];
    KnownName known_names[kKnownNames];
    abi::u64 freer[3];  // pc, sp, bp of who is about to free a block; pc 0: not known
    Sampler sampler;
    Tickets tickets;
    stack::FrameCache frames;
    OtherStacks* other_stacks;  // nullptr: it was on none, or
    bool lacks_other_stacks;    // there was no memory, which is asked for once
    Capture capture;
    stack::RecentStacks recent;
};

// In static TLS: costs no call, and no destructor runs (docs/invariants.md).
extern __attribute__((visibility("hidden"),
                      tls_model("initial-exec"))) __thread ThreadContext* my_context;

// How often the thread pauses, also before it has a context.
extern __attribute__((visibility("hidden"), tls_model("initial-exec"))) __thread abi::u32 my_pauses;
// Into its context, whose shard it gets back at its next event once it pauses no more.
// A handler that pauses in between comes first.
inline void tell_pauses(ThreadContext& c) {
    publish(c.pauses, my_pauses);
    publish(c.shard, 0);
}
// Does the thread, or the whole program, want nothing recorded now?
inline bool is_paused(const ThreadContext& c, u64 request) {
    return (request & kRequestPaused) != 0 || load(c.pauses) != 0;
}

// The shard that counts for the thread, in the state that its event uses. nullptr: no
// memory (counted). The second also while it pauses.
Shard* find_shard(ThreadContext& c, LiveState& state);
inline Shard* shard_of(ThreadContext& c, LiveState& state) {
    auto* shard = pointer<Shard>(c.shard);
    return __builtin_expect(shard != nullptr, 1) ? shard : find_shard(c, state);
}
// The one that it had in this state before, or nullptr.
inline Shard* kept_shard(const ThreadContext& c, const LiveState& state) {
    const bool valid = c.shard_state == &state && c.shard_generation == state.generation;
    return valid ? pointer<Shard>(c.kept_shard) : nullptr;
}

}  // namespace mt::runtime

#endif
