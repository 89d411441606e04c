// SPDX-License-Identifier: MIT
//
// Checks one captured stack against a whole walk (part of it may have been reused)
// and against the reference. Each way in which the walker may rightly see another
// stack than the reference is checked here by a condition of its own; what meets
// none is unexplained.
#include "record/compare.h"

#include <sched.h>
#include <signal.h>

#include <cerrno>

#include "guard/lock.h"
#include "os/cpu.h"
#include "record/capture.h"
#include "reference.h"
#include "report.h"
#include "table/header.h"

extern "C" void* __libc_stack_end;

namespace mt::compare {
namespace {

using runtime::Caller;
using runtime::stack::Walk;
using runtime::stack::WalkEnd;
using runtime::stack::Window;

// Too large for the stacks that programs make.
Reference reference;
Reference attempt;
u64 whole[abi::kMaxFrames];
u64 spoilt[abi::kMaxFrames];

u64 turn_of = 0;  // thread pointer of the thread that compares
u32 turn_pid = 0;

// One thread compares at a time, with no signal handler in between. It may not
// wait for long: whoever compares may be waiting for the loader's lock, which
// the next one holds while it allocates.
class Turn {
  public:
    Turn() {
        sigset_t all;
        sigfillset(&all);
        sigdelset(&all, SIGSEGV);
        sigdelset(&all, SIGBUS);
        pthread_sigmask(SIG_SETMASK, &all, &old_);
        constexpr int kYields = 2000;
        for (int i = 0; i < kYields && !mine_; ++i) {
            mine_ = take();
            if (!mine_) sched_yield();
        }
    }
    ~Turn() {
        if (mine_) __atomic_store_n(&turn_of, 0, __ATOMIC_RELEASE);
        pthread_sigmask(SIG_SETMASK, &old_, nullptr);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return mine_; }

  private:
    static bool take() {
        const u32 pid = runtime::load(runtime::root().pid);
        if (turn_pid != pid) {  // a fork's child: who had it is not here
            turn_pid = pid;
            __atomic_store_n(&turn_of, 0, __ATOMIC_RELAXED);
        }
        u64 nobody = 0;
        return __atomic_compare_exchange_n(&turn_of, &nobody, runtime::os::thread_pointer(), false,
                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    }

    sigset_t old_;
    bool mine_ = false;
};

struct Captured {
    const u64* pcs;
    u32 count;
    WalkEnd end;
};

bool is_cut(const Captured& ours) {
    return ours.end == WalkEnd::cut && ours.count == abi::kMaxFrames;
}

// As far as both go. Only a stack that is cut may be the shorter one.
bool is_same_so_far(const Captured& ours) {
    if (reference.count > ours.count && !is_cut(ours)) return false;
    for (u32 i = 0; i < ours.count && i < reference.count; ++i) {
        if (ours.pcs[i] != reference.pcs[i]) return false;
    }
    return true;
}

// The last frame has no table and the walker took it for the thread's first.
// ld.so's is right below what the kernel left on the stack; makecontext's and
// their like begin where nothing can return to; a record of zeros says so.
bool is_first_frame() {
    const u64 pc = reference.pcs[reference.count - 1];
    if (is_function_start(pc)) return true;
    if (reference.last_sp + 16 > reinterpret_cast<u64>(__libc_stack_end) &&
        reference.last_sp <= reinterpret_cast<u64>(__libc_stack_end)) {
        return true;
    }
    Registers record;
    return read_record(reference.last_bp, record) && record.pc == 0 && record.bp == 0;
}

// Would the record at the frame pointer have led to the thread's start?
bool gave_up_too_early() {
    Registers record;
    if (!read_record(reference.last_bp, record)) return false;
    attempt.count = 0;
    trace_on(attempt, record);
    return attempt.stop == Stop::start && attempt.count > 0;
}

Count judge_end_without_table(const Captured& ours) {
    if (ours.end == WalkEnd::complete) {
        return is_first_frame() ? Count::starts_at_no_table : Count::unexplained;
    }
    return gave_up_too_early() ? Count::unexplained : Count::ends_at_no_table;
}

// Where a stack is broken the reference reads on and faults; the walker looks
// first whether there is anything. Either the last frame's own words cannot be
// read, or the code at the return address behind it, where the reference looks
// for the return of a signal handler.
bool faulted_where_broken(const Captured& ours) {
    if (ours.end != WalkEnd::broken) return false;
    if (ours.count == reference.count) {
        return !runtime::stack::is_readable(reference.fault_address);
    }
    return ours.count == reference.count + 1 &&
           reference.fault_address - (ours.pcs[reference.count] - 1) < 16;
}

// Over code without a table the walker goes by the frame record. Leads the
// reference over it; false: the record says something else.
bool lead_over(const Captured& ours) {
    Registers record;
    if (!read_record(reference.last_bp, record)) return false;
    if (reference.count < ours.count && ours.pcs[reference.count] != record.pc) return false;
    const u32 before = reference.count;
    trace_on(reference, record);
    return reference.count > before || reference.stop == Stop::fault;
}

Count judge(const Captured& ours, const Caller& at) {
    trace_from_caller(reference, {at.pc, at.sp, at.bp});
    for (bool led = false;; led = true) {
        if (reference.stop == Stop::no_caller || !is_same_so_far(ours)) return Count::unexplained;
        switch (reference.stop) {
            case Stop::start:
                if (ours.end != WalkEnd::complete || ours.count != reference.count) break;
                return led ? Count::past_no_table : Count::equal;
            case Stop::full:
                if (!is_cut(ours)) break;
                return led ? Count::past_no_table : Count::cut;
            case Stop::fault:
                if (!faulted_where_broken(ours)) break;
                return Count::reference_faults;
            case Stop::no_table:
                if (ours.count == reference.count && !is_cut(ours)) {
                    return judge_end_without_table(ours);
                }
                if (!lead_over(ours)) break;
                continue;
            default:
                break;
        }
        return Count::unexplained;
    }
}

bool is_whole_walk(const Captured& ours, const Caller& at) {
    Window window = {};
    const Walk walk = runtime::stack::walk(window, at.pc, at.sp, at.bp, whole, abi::kMaxFrames);
    bool same = walk.count == ours.count && walk.end == ours.end;
    for (u32 i = 0; same && i < walk.count; ++i) same = ours.pcs[i] == whole[i];
    if (!same) {
        write_difference("whole walk",
                         {"captured", ours.pcs, ours.count, static_cast<u32>(ours.end)},
                         {"whole walk", whole, walk.count, static_cast<u32>(walk.end)});
    }
    return same;
}

bool is_chosen() {
    static u64 events = 0;
    return __atomic_fetch_add(&events, 1, __ATOMIC_RELAXED) % compare_every() == 0;
}

// What a walker would store that skips the second frame.
Captured without_second_frame(const Captured& ours) {
    u32 kept = 0;
    for (u32 i = 0; i < ours.count; ++i) {
        if (i != 1) spoilt[kept++] = ours.pcs[i];
    }
    return {spoilt, kept, ours.end};
}

void compare(const Captured& captured, bool reused, const Caller& at) {
    const Turn turn;
    begin_counting();
    if (!turn) return count(Count::busy);
    const Captured ours = spoils_stacks() ? without_second_frame(captured) : captured;
    if (reused) count(Count::reused);
    if (!is_whole_walk(ours, at)) count(Count::walk_differs);
    if (!is_chosen()) return count(Count::left_out);
    const Count verdict = judge(ours, at);
    count(Count::compared);
    count(verdict);
    if (reference.interrupted > 0) count(Count::interrupted);
    if (verdict != Count::unexplained) return;
    write_difference(
        "unexplained", {"captured", ours.pcs, ours.count, static_cast<u32>(ours.end)},
        {"reference", reference.pcs, reference.count, static_cast<u32>(reference.stop)});
}

}  // namespace
}  // namespace mt::compare

namespace mt::runtime {

void compare_stack(const u64* pcs, u32 count, stack::WalkEnd end, bool reused, const Caller& at) {
    const int saved_errno = errno;
    compare::compare({pcs, count, end}, reused, at);
    errno = saved_errno;
}

// The frames that the depot has under the id, into the thread's room for a stack.
void compare_known(u32 id, const Caller& at) {
    u64* pcs = my_context->capture.pcs;
    const auto* stack =
        directory_record<Stack>(header()->stack_chunk, kStackChunks, kStacksPerChunk, id);
    u32 node = stack->node;
    u32 count = 0;
    for (; node >= kReservedNodes && count < kMaxFrames; ++count) {
        const auto* frame =
            directory_record<Node>(header()->node_chunk, kNodeChunks, kNodesPerChunk, node);
        pcs[count] = node_pc(frame->pc_module);
        node = frame->parent;
    }
    const auto end = node == kRootComplete ? stack::WalkEnd::complete : stack::WalkEnd::cut;
    compare_stack(pcs, count, end, true, at);
}

}  // namespace mt::runtime
