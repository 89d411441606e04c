// SPDX-License-Identifier: MIT
#include "reference.h"

#include <setjmp.h>
#include <signal.h>

#include "os/cpu.h"

// libgcc's, declared in no header of a compiler.
struct TableBases {
    void* text;
    void* data;
    void* function;
};
extern "C" const void* _Unwind_Find_FDE(void* pc, TableBases* bases);

namespace mt::compare {
namespace {

using runtime::os::thread_pointer;

// One thread at a time is protected.
sigjmp_buf way_out;
u64 protected_thread = 0;  // 0 = nobody
volatile u64 fault_address = 0;
struct sigaction old_segv;
struct sigaction old_bus;

void on_fault(int signal_number, siginfo_t* info, void*) {
    if (__atomic_load_n(&protected_thread, __ATOMIC_RELAXED) == thread_pointer()) {
        fault_address = reinterpret_cast<u64>(info->si_addr);
        siglongjmp(way_out, 1);
    }
    // Another thread's own fault: its instruction runs again, into its own handler.
    sigaction(signal_number, signal_number == SIGBUS ? &old_bus : &old_segv, nullptr);
}

// False: `step` read what cannot be read.
template <typename Step>
[[gnu::noinline]] bool run_protected(Step step) {
    struct sigaction ours = {};
    ours.sa_sigaction = on_fault;
    ours.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigaction(SIGSEGV, &ours, &old_segv);
    sigaction(SIGBUS, &ours, &old_bus);
    volatile bool done = false;
    if (sigsetjmp(way_out, 0) == 0) {
        __atomic_store_n(&protected_thread, thread_pointer(), __ATOMIC_RELAXED);
        step();
        done = true;
    }
    __atomic_store_n(&protected_thread, 0, __ATOMIC_RELAXED);
    sigaction(SIGBUS, &old_bus, nullptr);
    sigaction(SIGSEGV, &old_segv, nullptr);
    return done;
}

struct Trace {
    Reference& out;
    Registers begin;  // pc and sp of the first frame that counts
    bool begun = false;
    bool at_start = false;
};

_Unwind_Reason_Code on_frame(_Unwind_Context* context, void* argument) {
    auto& trace = *static_cast<Trace*>(argument);
    Reference& out = trace.out;
    int interrupted = 0;
    const u64 pc = _Unwind_GetIPInfo(context, &interrupted);
    const u64 sp = _Unwind_GetCFA(context);
    if (!trace.begun && (pc != trace.begin.pc || sp != trace.begin.sp)) return _URC_NO_REASON;
    trace.begun = true;
    if (pc == 0) {
        trace.at_start = true;
        return _URC_NO_REASON;
    }
    out.pcs[out.count++] = pc + static_cast<u64>(interrupted);
    out.interrupted += static_cast<u32>(interrupted);
    out.last_sp = sp;
    out.last_bp = _Unwind_GetGR(context, 6);
    return out.count == abi::kMaxFrames + 1 ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

Stop stop_of(const Trace& trace, bool done) {
    if (!trace.begun && done) return Stop::no_caller;
    if (trace.out.count == abi::kMaxFrames + 1) return Stop::full;
    if (!done) return Stop::fault;
    if (trace.at_start) return Stop::start;
    return has_table(trace.out.pcs[trace.out.count - 1]) ? Stop::refused : Stop::no_table;
}

}  // namespace

void trace_from_caller(Reference& out, const Registers& caller) {
    out.count = 0;
    out.interrupted = 0;
    Trace trace{out, caller};
    const bool done = run_protected([&] { _Unwind_Backtrace(on_frame, &trace); });
    out.fault_address = fault_address;
    out.stop = stop_of(trace, done);
}

void trace_on(Reference& out, const Registers& from) {
    Trace trace{out, from};
    const bool done = run_protected([&] { memtrace_trace_from(&from, on_frame, &trace); });
    out.fault_address = fault_address;
    out.stop = stop_of(trace, done);
}

bool read_record(u64 bp, Registers& out) {
    return run_protected([&] {
        const auto* record = reinterpret_cast<const volatile u64*>(bp);
        out = {record[1], bp + 16, record[0]};
    });
}

bool has_table(u64 pc) {
    TableBases bases;
    return _Unwind_Find_FDE(reinterpret_cast<void*>(pc - 1), &bases) != nullptr;
}

bool is_function_start(u64 pc) {
    TableBases bases;
    return _Unwind_Find_FDE(reinterpret_cast<void*>(pc), &bases) != nullptr &&
           reinterpret_cast<u64>(bases.function) == pc;
}

}  // namespace mt::compare
