// SPDX-License-Identifier: MIT
#include "control/contexts.h"

#include "control/states.h"
#include "journal/undo.h"
#include "os/thread.h"
#include "table/losses.h"
#include "table/threads.h"
#include "thread/names.h"

namespace mt::runtime {
namespace {

// Looks at a few contexts per new thread, so that the cost does not grow with
// the number of threads that ever lived.
constexpr int kLooks = 4;
u64 next_look = 0;

// No thread has this id. Between its id and its owner a context would name a thread with the
// control block of another, which has ended: one more thread would take it
// (contexts_test: OneThatIsBeingTakenIsNotTakenAgain).
constexpr u32 kBeingTaken = ~u32{0};

// A new thread in the place of an ended one is told without asking anybody: no two
// threads have one control block.
bool take_over(ThreadContext& c, u32 tid) {
    const u32 id = load(c.tid);
    if (id == kBeingTaken) return false;
    const u64 owner = load(c.owner);
    const bool gone =
        id == 0 || id == tid || owner == os::thread_pointer() || os::thread_is_gone(owner, id);
    if (!gone || !exchange_if(c.tid, id, kBeingTaken)) return false;
    publish(c.owner, os::thread_pointer());
    publish(c.tid, tid);
    return true;
}

ThreadContext* take_over_ended(u32 tid) {
    u64 at = load(next_look);
    for (int i = 0; i < kLooks; ++i) {
        if (at == 0) at = load(header()->contexts);
        if (at == 0) return nullptr;
        auto& c = *pointer<ThreadContext>(at);
        at = c.next;
        publish(next_look, at);
        if (take_over(c, tid)) return &c;
    }
    return nullptr;
}

ThreadContext* new_context(u32 pid, u32 tid) {
    auto* c = static_cast<ThreadContext*>(process_pool.take_mapping(sizeof(ThreadContext)));
    if (c == nullptr) return nullptr;
    c->self = address_of(c);
    c->pid = pid;
    c->owner = os::thread_pointer();
    c->tid = tid;
    push_front(header()->contexts, *c);
    return c;
}

// The thread that had the context has ended: its row takes what its shard
// counted, and the shard goes on counting for the new one.
void hand_over(ThreadContext& c, u32 tid) {
    auto* ended = pointer<Thread>(c.thread);
    const PinnedState state(c, load(root().request));
    Shard* shard = state ? kept_shard(c, *state) : nullptr;
    if (ended != nullptr && shard != nullptr) end_counting(*ended, *shard);
    Thread* row = add_thread(tid, my_thread_name(), ended);
    if (row != nullptr && shard != nullptr) begin_counting(*row, state->generation, *shard);
    publish(c.thread, address_of(row));
}

}  // namespace

ThreadContext* make_context() {
    // The table's owner, not getpid(): a vfork's child works in its parent's memory.
    const u32 pid = load(root().pid);
    const u32 tid = os::thread_id();
    ThreadContext* c = take_over_ended(tid);
    if (c != nullptr) {
        undo_abandoned(*c);  // its thread may have ended inside an event
        c->window = {};
        c->frames.forget();
        c->recent.forget();
        if (c->other_stacks != nullptr) c->other_stacks->forget();
        c->last_allocated = 0;
        c->last_stack = kStackNone;
        c->hint_slot = nullptr;
        c->scope_depth = 0;
    } else if ((c = new_context(pid, tid)) == nullptr) {
        lose_for_memory(LossKind::no_context);
        return nullptr;
    }
    publish(c->pid, pid);
    tell_pauses(*c);
    hand_over(*c, tid);
    const auto* row = pointer<const Thread>(c->thread);
    c->sampler.seed(load(root().cookie) ^ (row != nullptr ? row->serial : tid));
    my_context = c;
    return c;
}

void forget_contexts() {
    my_context = nullptr;
    publish(next_look, 0);
}

void adopt_contexts() {
    ThreadContext* mine = my_context;
    if (mine != nullptr) {
        mine->tid = os::thread_id();
        if (auto* row = pointer<Thread>(mine->thread)) publish(row->tid, mine->tid);
        publish(mine->pid, load(root().pid));
    }
    if (header() == nullptr) return;
    // The other threads do not exist here; what they were in the midst of is
    // taken back, and what they had not entered yet is lost (counted).
    for (u64 at = load(header()->contexts); at != 0;) {
        auto& c = *pointer<ThreadContext>(at);
        at = c.next;
        if (&c == mine || c.pid == load(root().pid)) continue;
        if (c.busy != 0) undo_abandoned(c);
        const u64 pending = c.ring_head - c.ring_tail;
        if (pending != 0) count_loss(LossKind::nested_overflow, pending);
        publish(c.ring_tail, c.ring_head);
        publish(c.pid, load(root().pid));
        publish(c.pauses, 0);
        publish(c.tid, 0);  // free to take
    }
}

}  // namespace mt::runtime
