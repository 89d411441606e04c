// SPDX-License-Identifier: MIT
#include "control/control.h"

#include "abi/stamp.h"
#include "guard/locks.h"
#include "table/counters.h"
#include "table/losses.h"
#include "thread/escape.h"

namespace mt::runtime {

Control control = {};

namespace {

// What a request means, in the order in which its bits are asked for below.
struct Answer {
    Mode mode;
    bool gives_back;  // the state, if there is one
    bool is_final;    // hooks need not ask again before the next request
};
constexpr Answer kAnswers[2][2][2] = {
    // conditions armed: no                     yes
    {{{Mode::off, true, true}, {Mode::watched, true, false}},    // off
     {{Mode::off, true, true}, {Mode::watched, true, false}}},   // off, refused
    {{{Mode::on, false, false}, {Mode::watched, false, false}},  // on
     {{Mode::off, false, false}, {Mode::off, false, false}}},    // on, refused
};

// What was asked when the family's first call came; 0: none has come yet.
u64 first_request = 0;

void note_call(u64 request) {
    if (load(first_request) == 0) exchange_if<u64>(first_request, 0, request);
}
// Has no call passed unrecorded before? Each start, stop and clear has a generation of its own.
bool is_of_first_call(u64 request) {
    note_call(request);  // the program may have tracked something before
    const u64 first = load(first_request);
    return is_on(first) && request_generation(first) == request_generation(request);
}

bool has_refused() { return load(root().status) != static_cast<u32>(Status::ready); }

const Answer& answer_to(u64 request) {
    return kAnswers[is_on(request)][has_refused()][is_watched(request)];
}

// Tracing is off. False: hooks come back until it is done.
bool give_back_state() {
    if (header() == nullptr) return true;
    Holder holder(process_locks.states);
    if (!holder || is_on(request_now())) return false;  // begun again meanwhile
    make_current(nullptr, 0);
    return true;
}

// Anybody may have written anything there.
u64 sample_bytes_of(u64 request) {
    if ((request & kRequestSampling) == 0) return 0;
    const u64 bytes = load(root().sample_bytes);
    return bytes < kMaxSampleBytes ? bytes : kMaxSampleBytes;
}

// Makes room for as many frees as `request` asks for.
void begin_freed(LiveState& state, u64 request) {
    const u64 wanted = (request & kRequestFreed) != 0 ? load(root().freed_blocks) : 0;
    if (wanted == 0) return;
    const u64 capacity = wanted < kMostFreedBlocks ? wanted : kMostFreedBlocks;
    auto* ring = static_cast<FreedRing*>(
        state.pool.take_mapping(sizeof(FreedRing) + capacity * sizeof(FreedBlock)));
    if (ring == nullptr) return count_loss(LossKind::no_memory);
    ring->capacity = capacity;
    publish(state.freed, address_of(ring));
    state.special = 1;
}

// Those that may change while a state lives. Paused is looked at by each event.
void obey_flags(LiveState& state, u64 request) {
    if ((request & kRequestStamps) != 0 && load(state.stamped) == 0) begin_stamps(state);
    if ((request & kRequestScopes) != 0) publish(state.special, 1);
    if ((request & kRequestPaused) != 0) state.miss_block();
    publish(state.request, request);
}

// Before anybody sees it.
LiveState* new_state(u64 request) {
    LiveState* fresh =
        make_state(request_generation(request), load(root().peak_reset_request), header()->losses);
    if (fresh == nullptr) return nullptr;
    fresh->since_beginning = is_of_first_call(request) ? 1 : 0;
    fresh->special = fresh->sample_bytes = sample_bytes_of(request);
    // A scope may have begun before.
    if (load(header()->scope_names) != 0) fresh->special = 1;
    begin_freed(*fresh, request);
    obey_flags(*fresh, request);
    if (load(fresh->stamped) != 0) publish(fresh->stamped, kStampedThroughout);
    return fresh;
}

}  // namespace

void begin_stamps(LiveState& state) {
    publish(state.stamped, 1);
    publish(state.special, 1);
}

void Control::forget_requests() {
    publish(quiet_, 0);
    publish(quiet_release_, 0);
    publish(traced_, 0);
    publish(first_request, make_request(0, kDefaultFrameLimit, 0));
}

bool Control::records(u64 request) { return is_on(request) && !has_refused(); }

Mode Control::obey(bool quiets_releases) {
    const u64 request = request_now();
    note_call(request);
    const Answer& answer = answer_to(request);
    if (answer.is_final) with_escape([] { black_box.keep_root(); });
    // While conditions are armed each call comes here: there is seldom one to give back.
    const bool looks = answer.is_final || load(current_state) != 0;
    bool done = !answer.gives_back || !looks;
    if (!done) with_escape([&] { done = give_back_state(); });
    if (done && answer.is_final) {
        remember(quiet_, request);
        if (quiets_releases) remember(quiet_release_, request);
    }
    return answer.mode;
}

// A signal handler may fork between any two instructions, and its child goes on here: what
// it writes after the page was zeroed must not hide from it that it is a child.
void Control::remember(u64& word, u64 request) {
    publish(word, request);
    keep_order();
    if (!knows_process()) publish(word, 0);
}

// nullptr: it is older than a clear or stop, or there is no memory (counted).
LiveState* Control::replace_state(ThreadContext& c, u64 request) {
    publish(c.state, 0);
    Holder holder(process_locks.states);
    if (!holder) {
        count_loss(LossKind::state_busy);
        return nullptr;
    }
    // A clear or stop since: this event is older than it. Without this look a
    // thread that was preempted here would put its old state over the new one
    // (tests/programs/clear_storm.c).
    const u64 now = request_now();
    if (!is_on(now) || request_generation(now) != request_generation(request)) return nullptr;
    if (!obeys(pointer<LiveState>(header()->state), request)) {
        black_box.keep_root();  // first: no state is of a later request than the root's
        LiveState* fresh = new_state(request);
        constexpr u32 kKept = 2;
        make_current(fresh, kKept);
        if (fresh == nullptr) {
            lose_for_memory(LossKind::no_memory);
            return nullptr;
        }
    }
    return pin_state(c.state);  // nobody replaces it while the lock is held
}

LiveState* Control::enter_other(ThreadContext& c, u64 request) {
    LiveState* state = pin_state(c.state);
    if (!obeys(state, request) && (state = replace_state(c, request)) == nullptr) return nullptr;
    obey_flags(*state, request);
    black_box.keep_root();
    c.hint_slot = nullptr;
    publish(c.shard, 0);  // of another state, unless shard_of() finds it is not
    // Watched events go another way, and frees that are kept are seen off the hot path.
    remember(traced_,
             (request & ~(kRequestWatch | kRequestFreed)) | (black_box.is_open() ? kBoxed : 0));
    const u64 reset = load(root().peak_reset_request);
    if (reset != state->peak_reset_done && !reset_peak(*state, reset)) {
        count_loss(LossKind::peak_busy);
    }
    return state;
}

}  // namespace mt::runtime
