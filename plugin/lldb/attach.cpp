// SPDX-License-Identifier: MIT
//
// What mt attach needs of LLDB and nothing else does: stacks, a run to an address, a call in the
// program. The core decides which thread, which function and what it means. Nothing is unwound
// or left behind, and the user's breakpoints are as they were.
#include <algorithm>
#include <condition_variable>
#include <string>
#include <thread>
#include <vector>

#include "session.h"

namespace mt::adapter {
namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr Milliseconds kLate{10000};  // more, for a call that has taken too long

// Without the user's breakpoints: a stop at one would end the call or the run.
class Quiet {
  public:
    explicit Quiet(lldb::SBTarget target) {
        for (std::uint32_t i = 0; i < target.GetNumBreakpoints(); ++i) {
            auto one = target.GetBreakpointAtIndex(i);
            if (one.IsEnabled()) breakpoints_.push_back(one);
        }
        for (std::uint32_t i = 0; i < target.GetNumWatchpoints(); ++i) {
            auto one = target.GetWatchpointAtIndex(i);
            if (one.IsEnabled()) watchpoints_.push_back(one);
        }
        enable(false);
    }
    ~Quiet() { enable(true); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

  private:
    void enable(bool on) {
        for (auto& one : breakpoints_) one.SetEnabled(on);
        for (auto& one : watchpoints_) one.SetEnabled(on);
    }
    std::vector<lldb::SBBreakpoint> breakpoints_;
    std::vector<lldb::SBWatchpoint> watchpoints_;
};

// The program runs until it stops, or the time is over; nothing else sees its events.
void run_for(lldb::SBDebugger& debugger, lldb::SBProcess& process, Milliseconds time) {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_over = false;
    std::thread alarm([&] {
        std::unique_lock lock(mutex);
        // Again, should one have come before the program ran.
        for (Milliseconds wait = time; !changed.wait_for(lock, wait, [&] { return is_over; });
             wait = Milliseconds(200))
            process.SendAsyncInterrupt();
    });
    const bool was_async = debugger.GetAsync();
    debugger.SetAsync(false);
    process.Continue();
    debugger.SetAsync(was_async);
    {
        const std::lock_guard lock(mutex);
        is_over = true;
    }
    changed.notify_all();
    alarm.join();
}

struct Place {
    explicit Place(lldb::SBThread thread)
        : pc(thread.GetFrameAtIndex(0).GetPC()), sp(thread.GetFrameAtIndex(0).GetSP()) {}
    bool operator==(const Place&) const = default;
    std::uint64_t pc, sp;
};

std::string text_of(std::uint64_t function, const std::uint64_t* arguments, std::uint32_t count) {
    std::string types, values;
    for (std::uint32_t i = 0; i < count; ++i) {
        types += i == 0 ? "unsigned long" : ", unsigned long";
        values += (i == 0 ? "" : ", ") + std::to_string(arguments[i]) + "UL";
    }
    return "((unsigned long (*)(" + types + "))" + std::to_string(function) + "UL)(" + values + ")";
}

lldb::SBExpressionOptions with_calls(std::uint32_t milliseconds) {
    lldb::SBExpressionOptions options;
    options.SetTimeoutInMicroSeconds(milliseconds * 1000);
    options.SetTryAllThreads(true);
    options.SetStopOthers(false);
    options.SetUnwindOnError(false);
    options.SetIgnoreBreakpoints(true);
    options.SetTrapExceptions(false);
    options.SetFetchDynamicValue(lldb::eNoDynamicValues);
    options.SetSuppressPersistentResult(true);
    options.SetLanguage(lldb::eLanguageTypeC_plus_plus);
    return options;
}

std::string first_line(const char* text) {
    const std::string whole = text == nullptr ? "LLDB could not call it" : text;
    return whole.substr(0, whole.find('\n'));
}

}  // namespace

int Session::stack(std::uint32_t number, std::uint32_t most, mtc_add_caller add, void* sink) {
    auto thread = target_.GetProcess().GetThreadByIndexID(number);
    if (!thread.IsValid()) return MTC_ERROR;
    for (std::uint32_t i = 0, added = 0; added < most; ++i) {
        auto frame = thread.GetFrameAtIndex(i);
        if (!frame.IsValid()) break;
        if (frame.IsInlined()) continue;
        const mtc_caller found{frame.GetPC(), frame.GetSP(), 0, 0};
        add(sink, &found);
        ++added;
    }
    return MTC_OK;
}

int Session::run_to(const std::uint64_t* addresses, std::uint32_t count, std::uint32_t milliseconds,
                    std::uint32_t* thread) {
    auto process = target_.GetProcess();
    const Quiet quiet(target_);
    std::vector<lldb::break_id_t> points;
    for (std::uint32_t i = 0; i < count; ++i)
        points.push_back(target_.BreakpointCreateByAddress(addresses[i]).GetID());
    run_for(debugger_, process, Milliseconds(milliseconds));
    for (const auto point : points) target_.BreakpointDelete(point);
    if (process.GetState() != lldb::eStateStopped) return MTC_ERROR;
    *thread = 0;
    for (std::uint32_t i = 0; i < process.GetNumThreads(); ++i) {
        auto one = process.GetThreadAtIndex(i);
        const auto* end = addresses + count;
        const bool is_there = std::find(addresses, end, one.GetFrameAtIndex(0).GetPC()) != end;
        if (is_there && one.GetStopReason() == lldb::eStopReasonBreakpoint)
            *thread = one.GetIndexID();
    }
    return MTC_OK;
}

int Session::call_function(std::uint32_t number, std::uint64_t function,
                           const std::uint64_t* arguments, std::uint32_t count,
                           std::uint32_t milliseconds, mtc_called* out, mtc_add_text why,
                           void* sink) {
    auto process = target_.GetProcess();
    auto thread = process.GetThreadByIndexID(number);
    if (!thread.IsValid()) return MTC_ERROR;
    const auto selected = process.GetSelectedThread();
    const Quiet quiet(target_);
    const Place before(thread);
    const std::string text = text_of(function, arguments, count);
    auto value =
        thread.GetFrameAtIndex(0).EvaluateExpression(text.c_str(), with_calls(milliseconds));
    auto error = value.GetError();
    int status = MTC_OK;
    if (error.Success()) {
        *out = {MTC_CALL_RETURNED, 0, value.GetValueAsUnsigned()};
    } else if (Place(thread) == before) {
        why(sink, first_line(error.GetCString()).c_str());
        status = MTC_ERROR;
    } else {
        // It goes on until it returns: its frame is LLDB's own, and takes the registers back.
        const auto end = std::chrono::steady_clock::now() + kLate;
        while (!(Place(thread) == before) && std::chrono::steady_clock::now() < end &&
               process.GetState() == lldb::eStateStopped)
            run_for(debugger_, process, kLate);
        out->state = Place(thread) == before ? MTC_CALL_LATE : MTC_CALL_STUCK;
    }
    if (out->state != MTC_CALL_STUCK) process.SetSelectedThread(selected);
    return status;
}

}  // namespace mt::adapter
