// SPDX-License-Identifier: MIT
//
// See watch.h. A look is an event of its own after the one that it is about, so that
// at a stop nothing is in flight and every report is right.
#include "features/watch.h"

#include "guard/locks.h"
#include "os/pages.h"
#include "record/family.h"
#include "table/counters.h"
#include "table/losses.h"

// What a debugger has its breakpoint at, while conditions are armed; abi/process.h says
// what it is told.
extern "C" __attribute__((visibility("default"), noinline)) void memtrace_stopped(
    mt::abi::u64 stop, mt::abi::u64 address, mt::abi::u64 size, mt::abi::u64 figure,
    mt::abi::u64 caller) {
    asm volatile("nop" : : "r"(stop), "r"(address), "r"(size), "r"(figure), "r"(caller) : "memory");
}

namespace mt::runtime {
namespace {

constexpr u32 kFigures = kWatchTotal | kWatchPeak | kWatchCount;
constexpr i64 kMostFigure = static_cast<i64>(~u64{0} >> 1);

using Call = WatchedCall;
using What = WatchedCall::What;

// Slots, one bit each, and the figures that reached their values.
struct Reached {
    u32 slots = 0;
    i64 bytes = 0;
    i64 blocks = 0;
};

// WatchedFigures::reached of the current state: whether a fall means anything.
u32 reached_now = 0;
u64 slots_ready_for = 0;  // the Root::watch_request for which there are verdicts

u32 bit(u32 slot) { return 1u << slot; }

i64 figure_of(u64 value) {
    return value < static_cast<u64>(kMostFigure) ? static_cast<i64>(value) : kMostFigure;
}

// Verdicts of slots that have changed since mean nothing. Under the lock.
void renew_verdicts(u32 slots) {
    constexpr u64 kSize = sizeof(u32) << kStackIdBits;
    bool any = false;
    for (u32 i = 0; i < slots; ++i) any = any || (load(root().watch[i].condition) & kWatchSite);
    if (!any) return;
    auto* old = pointer<void>(load(root().watch_verdicts));
    if (old != nullptr) return os::forget_pages(old, kSize);
    void* fresh = process_pool.take_sparse_index(kSize);
    if (fresh == nullptr) return count_loss(LossKind::no_memory);
    publish(root().watch_verdicts, address_of(fresh));
}

// Needs the table. False: busy, sites are not looked at this time.
bool verdicts_are_ready(u64 watch) {
    if (__builtin_expect(load(slots_ready_for) == watch, 1)) return true;
    Holder holder(process_locks.conditions);
    if (!holder) return false;
    renew_verdicts(watch_slots(watch));
    publish(slots_ready_for, watch);
    return true;
}

// --- figures -----------------------------------------------------------------

// No sum can reach a value that is waited for without a look; under the lock.
void set_lowest_ceiling(LiveState& state, u32 slots) {
    i64 ceiling = kNoCeiling;
    for (u32 i = 0; i < slots; ++i) {
        const u32 condition = load(root().watch[i].condition);
        const i64 value = state.figures.value[i];
        const bool waits =
            (condition & (kWatchTotal | kWatchPeak)) != 0 && (state.figures.reached & bit(i)) == 0;
        if (waits && value - 1 < ceiling) ceiling = value - 1;
    }
    publish(state.figures.has_ceiling, set_ceiling(state, ceiling) ? 1 : 0);
}

bool has_adopted(const LiveState& state, u64 watch) {
    return load(state.figures.watch) == watch && state.figures.peak_reset == state.peak_reset_done;
}

// What stands there already has been reached before, unless the state `is_new`: made since
// the look before the event.
void adopt_conditions(LiveState& state, u64 watch, bool is_new) {
    Holder holder(process_locks.conditions);
    if (!holder || has_adopted(state, watch)) return;
    const u32 slots = watch_slots(watch);
    const i64 bytes = current_bytes(state);
    const i64 blocks = current_blocks(state);
    u32 reached = 0;
    for (u32 i = 0; i < slots; ++i) {
        const WatchSlot& slot = root().watch[i];
        const u32 condition = load(slot.condition);
        i64 value = figure_of(slot.value);
        const i64 peak = state.peak_bytes;
        const bool is_peak = (condition & kWatchPeak) != 0;
        const bool told = is_peak && (slot.flags & kWatchTold) != 0 && peak >= value;
        if (is_peak && !is_new && !told && peak >= value) value = peak + 1;
        const bool holds = (condition & kWatchCount) != 0 ? blocks >= value : bytes >= value;
        if (told || (holds && !is_new && !is_peak)) reached |= bit(i);
        state.figures.value[i] = value;
    }
    publish(state.figures.reached, reached);
    publish(reached_now, reached);
    set_lowest_ceiling(state, slots);
    state.figures.peak_reset = state.peak_reset_done;
    publish(state.figures.watch, watch);
}

// Which slots' figures this event has taken to their values. Another thread's event that
// is seen here first is reported here: within one event of each thread.
Reached look_at_figures(ThreadContext& c, LiveState& state, u64 watch, bool may_reach) {
    Reached result;
    WatchedFigures& figures = state.figures;
    const auto* shard = kept_shard(c, state);
    const bool passes = shard == nullptr || passes_limit(*shard) || load(figures.has_ceiling) == 0;
    const u32 reached = load(figures.reached);
    const u32 slots = watch_slots(watch);
    u32 changed = 0;
    bool summed = false;
    for (u32 i = 0; i < slots; ++i) {
        const u32 condition = load(root().watch[i].condition);
        if ((condition & kFigures) == 0) continue;
        const bool by_count = (condition & kWatchCount) != 0;
        const bool was = (reached & bit(i)) != 0;
        if (!by_count && !was && !passes) continue;
        if (by_count && !was && !may_reach) continue;
        if (!summed) {
            result.bytes = current_bytes(state);
            result.blocks = current_blocks(state);
            summed = true;
        }
        const bool is = (by_count ? result.blocks : result.bytes) >= figures.value[i];
        // A peak that was reached once stays reached until it is reset.
        if (is == was || (was && (condition & kWatchPeak) != 0) || (is && !may_reach)) continue;
        // Whoever turns the bit reports it.
        const u32 before = is ? __atomic_fetch_or(&figures.reached, bit(i), __ATOMIC_ACQ_REL)
                              : __atomic_fetch_and(&figures.reached, ~bit(i), __ATOMIC_ACQ_REL);
        if (((before & bit(i)) != 0) != was) continue;
        changed |= bit(i);
        if (is) result.slots |= bit(i);
    }
    if (changed != 0) publish(reached_now, load(figures.reached));
    if (changed != 0 || load(figures.has_ceiling) == 0) {
        Holder holder(process_locks.conditions);
        if (holder) set_lowest_ceiling(state, slots);
        if (!holder) publish(figures.has_ceiling, 0);
    }
    return result;
}

// The same before an event, so that what it changes is seen as a change.
struct Adopted {
    u64 watch, peak_reset, generation;
} adopted;

// --- calls -------------------------------------------------------------------

bool is_candidate(const WatchSlot& slot, const Call& call) {
    const u32 condition = load(slot.condition);
    if (condition == 0 || (condition & kFigures) != 0) return false;
    if ((condition & kWatchFree) != 0) {
        return call.what == What::frees && call.address == slot.value;
    }
    if (call.what == What::frees || call.what == What::falls) return false;
    if ((call.what == What::fails) != ((condition & kWatchFail) != 0)) return false;
    return (condition & kWatchSize) == 0 || call.size >= slot.value;
}

struct Interest {
    u32 candidates = 0;
    bool figures = false;
};
// Without an event: most calls interest no condition.
Interest interest_in(const Call& call, u64 request, u32 slots) {
    Interest interest;
    u32 kinds = 0;
    for (u32 i = 0; i < slots; ++i) {
        kinds |= load(root().watch[i].condition);
        if (is_candidate(root().watch[i], call)) interest.candidates |= bit(i);
    }
    const bool changes = call.what == What::gives || call.what == What::tracks ||
                         (call.what == What::falls && load(reached_now) != 0);
    interest.figures = changes && (kinds & kFigures) != 0 && is_on(request);
    return interest;
}

u32 of_this_thread(const ThreadContext& c, u32 candidates) {
    const auto* row = pointer<Thread>(load(c.thread));
    const u64 serial = row != nullptr ? load(row->serial) : 0;
    for (u32 i = 0; i < kWatchSlots; ++i) {
        const WatchSlot& slot = root().watch[i];
        const bool asks = (load(slot.condition) & kWatchThread) != 0;
        if (asks && slot.argument != serial) candidates &= ~bit(i);
    }
    return candidates;
}

bool is_at_site(u32 slot, u32 stack, const Call& call, const Caller& caller) {
    auto* verdicts = pointer<u32>(load(root().watch_verdicts));
    if (verdicts == nullptr) return false;
    if (!is_decided(load(verdicts[stack]), slot)) {
        memtrace_stopped(make_stop(slot, true, stack), call.address, call.size, 0, caller.pc);
    }
    return is_match(load(verdicts[stack]), slot);
}

void stop(u32 slot, u32 stack, const Call& call, i64 figure, const Caller& caller) {
    add_shared(root().watch[slot].hits, 1);
    memtrace_stopped(make_stop(slot, false, stack), call.address, call.size,
                     static_cast<u64>(figure), caller.pc);
}

void stop_where_met(const Call& call, const Caller& caller, u32 stack, u32 candidates,
                    const Reached& reached, u64 watch) {
    const bool sites = verdicts_are_ready(watch);
    // A stop may have taken others away, or put new ones in their place.
    for (u32 i = 0; i < kWatchSlots && load(root().watch_request) == watch; ++i) {
        const u32 condition = load(root().watch[i].condition);
        if ((reached.slots & bit(i)) != 0 && condition != 0) {
            const bool by_count = (condition & kWatchCount) != 0;
            stop(i, stack, call, by_count ? reached.blocks : reached.bytes, caller);
        } else if ((candidates & bit(i)) != 0 && condition != 0) {
            const bool here =
                (condition & kWatchSite) == 0 || (sites && is_at_site(i, stack, call, caller));
            if (here) stop(i, stack, call, 0, caller);
        }
    }
}

bool is_hidden(u64 request, const Call& call) {
    const bool paused = (request & kRequestPaused) != 0 || my_pauses != 0;
    return paused && call.what != What::frees && call.what != What::falls;
}

}  // namespace

void watched_event_begins(const Caller& caller) {
    const u64 request = request_now();
    const u64 watch = load(root().watch_request);
    const u64 reset = load(root().peak_reset_request);
    const u64 generation = request_generation(request);
    if (load(adopted.watch) == watch && load(adopted.peak_reset) == reset &&
        load(adopted.generation) == generation) {
        return;
    }
    ThreadContext* c = is_on(request) && prepare_table() ? context() : nullptr;
    if (c == nullptr || !open_event(*c, caller)) return;
    LiveState* state = control.enter(*c, request);
    if (state != nullptr && !has_adopted(*state, watch)) adopt_conditions(*state, watch, false);
    const bool done = state != nullptr && has_adopted(*state, watch);
    close_event(*c);
    if (!done) return;
    publish(adopted.peak_reset, reset);
    publish(adopted.generation, generation);
    publish(adopted.watch, watch);
}

void look(const WatchedCall& call, const Caller& caller) {
    const u64 request = request_now();
    const u64 watch = load(root().watch_request);
    if (!is_watched(request) || is_hidden(request, call)) return;
    const Interest interest = interest_in(call, request, watch_slots(watch));
    if (interest.candidates == 0 && !interest.figures) return;
    ThreadContext* c = prepare_table() ? context() : nullptr;
    // A handler inside an event does not stop: what it stands in is not consistent.
    if (c == nullptr || !open_event(*c, caller)) return;
    Reached reached;
    LiveState* state = interest.figures ? control.enter(*c, request) : nullptr;
    if (state != nullptr) {
        const bool is_new = load(state->figures.watch) == 0;
        if (!has_adopted(*state, watch)) adopt_conditions(*state, watch, is_new);
        reached = look_at_figures(*c, *state, watch, call.what != What::falls);
    }
    const u32 candidates = of_this_thread(*c, interest.candidates);
    const bool any = (candidates | reached.slots) != 0;
    const u32 stack = any ? capture_stack(*c, caller) : kStackNone;
    close_event(*c);
    if (any) stop_where_met(call, caller, stack, candidates, reached, watch);
}

}  // namespace mt::runtime
