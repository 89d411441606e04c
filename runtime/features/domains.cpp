// SPDX-License-Identifier: MIT
#include "features/domains.h"

#include "journal/transaction.h"
#include "record/family.h"
#include "record/pages.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

int lose(LossKind kind) { return count_loss(kind), kNotRecorded; }

// Runs `event` with the state, or `nested` if this is inside an event.
template <typename Event, typename Nested>
int in_event(const Caller& caller, Event&& event, Nested&& nested) {
    const u64 request = request_now();
    if (!Control::records(request)) return kOff;
    ThreadContext* c = control.is_ready(request) ? context() : nullptr;
    if (c == nullptr) return kNotRecorded;
    if (!open_event(*c, caller)) return nested(*c, request);
    LiveState* state = control.enter(*c, request);
    const int result = state != nullptr ? event(*c, *state, is_paused(*c, request)) : kNotRecorded;
    if (load(retired_states) != 0) release_retired_slice();
    close_event(*c);
    return result;
}

// As a temporary's address: no address has this bit.
u64 temporary_of(u32 domain, u64 key) {
    return (key ^ u64{domain} * 0x9e3779b97f4a7c15ull) | u64{1} << 63;
}

using KeyChange = Transaction<Kind::special, Op::track>;

// `old`: what stands under the key, or nullptr.
bool name(KeyChange& change, u32 in, const Tracked* old) {
    return change.name(in, old != nullptr ? old->stack : kStackNone,
                       old != nullptr ? old->size : 0);
}

// `again`: what stands there, which is to get the traceback of now.
int track(ThreadContext& c, LiveState& state, u32 domain, u64 key, u64 size, bool again,
          const Caller& caller) {
    Shard* shard = shard_of(c, state);
    if (shard == nullptr) return kNotRecorded;
    state.keys.prefetch(domain, key);  // while the stack is taken
    // Before the key's lock: it may ask the loader.
    const u32 traceback = any_stack_for(c, state, size, caller);
    const u32 stack = intern_in_domain(traceback, domain);
    {
        Keys::Held held(state.keys, domain, key, true);
        if (held.is_busy()) return lose(LossKind::tracked_busy);
        const Tracked* old = held.entry();
        if (again && old == nullptr) return kNotRecorded;
        KeyChange change(c, state, shard);
        if (!held.reserve() || !name(change, stack, old)) {
            lose_allocation(c, traceback);
            return kNotRecorded;
        }
        if (again) size = old->size;
        change.set_size(size);
        change.begin(domain, key, old);
        held.set(size, stack, stamp_if_any(c, state));
        change.commit();
        change.end();
    }
    c.last_allocated = temporary_of(domain, key);
    look_at_peak(state, *shard);
    return kDone;
}

int touch(ThreadContext& c, LiveState& state, u32 domain, u64 key, const Caller& caller) {
    u64 size = 0;  // which a sample asks for
    {
        const Keys::Held held(state.keys, domain, key, false);
        if (held.is_busy()) return lose(LossKind::tracked_busy);
        if (held.entry() == nullptr) return kNotRecorded;
        size = held.entry()->size;
    }
    return track(c, state, domain, key, size, true, caller);
}

int untrack(ThreadContext& c, LiveState& state, u32 domain, u64 key) {
    if (!state.keys.any()) return kDone;
    Shard* shard = shard_of(c, state);
    if (shard == nullptr) return kDone;
    {
        Keys::Held held(state.keys, domain, key, false);
        if (held.is_busy()) count_loss(LossKind::untrack_lost);
        const Tracked* old = held.entry();
        if (old == nullptr) return kDone;
        KeyChange change(c, state, shard);
        if (!name(change, kStackNone, old)) {
            count_loss(LossKind::no_memory);
            held.erase();
            return kDone;
        }
        change.begin(domain, key, old);
        held.erase();
        if (c.last_allocated == temporary_of(domain, key)) change.count_temporary();
        change.commit();
        change.end();
    }
    look_at_peak(state, *shard);
    return kDone;
}

// Of a block that the program itself gives and takes: a free of one that is not
// known is nothing to remark.
int untrack_block(ThreadContext& c, LiveState& state, u64 address) {
    if (state.blocks.find(address) != nullptr) record_any_free(c, state, address);
    return kDone;
}

int replace_tracked(ThreadContext& c, LiveState& state, u64 address, u64 size,
                    const Caller& caller) {
    Shard* shard = shard_of(c, state);
    if (shard == nullptr) return kNotRecorded;
    const u32 stack = any_stack_for(c, state, size, caller);
    c.last_allocated = address;
    return replace_block(c, state, *shard, address, size, stack) ? kDone : kNotRecorded;
}

int track_block(ThreadContext& c, LiveState& state, u64 address, u64 size, const Caller& caller) {
    const bool again = load(c.pauses) == 0 && state.blocks.find(address) != nullptr;
    if (again) return replace_tracked(c, state, address, size, caller);
    return record_any_allocation(c, state, address, size, caller) ? kDone : kNotRecorded;
}

int touch_block(ThreadContext& c, LiveState& state, u64 address, const Caller& caller) {
    const u64* slot = state.blocks.find(address);
    if (slot == nullptr) return kNotRecorded;
    return replace_tracked(c, state, address, state.size_of(address, load(*slot)), caller);
}

int make_page(ThreadContext& c, LiveState& state, u64 address) {
    {
        Keys::Held page(state.pages, 0, address, true);
        if (page.entry() != nullptr) return kDone;
        if (state.blocks.find(address) == nullptr || !put_page(state, page)) return kNotRecorded;
    }
    c.last_allocated = 0;  // its bytes leave the figures, but nobody has freed it
    record_any_free(c, state, address);
    return kDone;
}

}  // namespace

int on_track(u32 domain, u64 key, u64 size, const Caller& caller) {
    const auto event = [&](ThreadContext& c, LiveState& state, bool paused) {
        if (domain == 0 && (key == 0 || !Blocks::holds(key))) return lose(LossKind::bad_address);
        // What was there before is gone all the same.
        if (paused)
            return domain == 0 ? untrack_block(c, state, key) : untrack(c, state, domain, key);
        if (domain == 0) return track_block(c, state, key, size, caller);
        return track(c, state, domain, key, size, false, caller);
    };
    return in_event(caller, event, [&](ThreadContext& c, u64 request) {
        if (is_paused(c, request)) return nested_untrack(c, domain, key, request);
        return nested_track(c, domain, key, size, request);
    });
}

int on_untrack(u32 domain, u64 key, const Caller& caller) {
    const auto event = [&](ThreadContext& c, LiveState& state, bool) {
        return domain == 0 ? untrack_block(c, state, key) : untrack(c, state, domain, key);
    };
    return in_event(caller, event, [&](ThreadContext& c, u64 request) {
        return nested_untrack(c, domain, key, request);
    });
}

int on_touch(u32 domain, u64 key, const Caller& caller) {
    const auto event = [&](ThreadContext& c, LiveState& state, bool paused) -> int {
        if (paused) return kDone;
        if (domain == 0) return touch_block(c, state, key, caller);
        return touch(c, state, domain, key, caller);
    };
    return in_event(caller, event, [](ThreadContext&, u64) {
        return lose(LossKind::nested_overflow);  // there is no stack to be had
    });
}

int on_pool(u64 address, const Caller& caller) {
    const auto event = [&](ThreadContext& c, LiveState& state, bool) {
        return Blocks::holds(address) ? make_page(c, state, address) : kNotRecorded;
    };
    return in_event(caller, event, [&](ThreadContext& c, u64 request) {
        return nested_pool(c, address, request);
    });
}

void pause_thread() {
    ++my_pauses;
    if (ThreadContext* c = my_context) tell_pauses(*c);
}

void resume_thread() {
    if (my_pauses != 0) --my_pauses;
    if (ThreadContext* c = my_context) tell_pauses(*c);
}

}  // namespace mt::runtime
