// SPDX-License-Identifier: MIT
//
// The breakpoint at the runtime's stop function. The core says what a hit means; a real
// stop is printed, and the frame that the core names is selected.
#include <array>
#include <string>

#include "session.h"

namespace mt::adapter {
namespace {

constexpr std::size_t kArguments = 5;

// LLDB's own names for the registers of integer arguments.
std::array<std::uint64_t, kArguments> arguments_of(lldb::SBFrame& frame) {
    constexpr std::array kNames = {"arg1", "arg2", "arg3", "arg4", "arg5"};
    std::array<std::uint64_t, kArguments> values{};
    for (std::size_t i = 0; i < kArguments; ++i) {
        values[i] = frame.FindRegister(kNames[i]).GetValueAsUnsigned();
    }
    return values;
}

void select_frame(lldb::SBThread& thread, const mtc_stop& stop) {
    const std::uint32_t count = stop.pc == 0 ? 0 : thread.GetNumFrames();
    for (std::uint32_t i = 0; i < count; ++i) {
        if (thread.GetFrameAtIndex(i).GetPC() != stop.pc) continue;
        if (i + stop.level < count) thread.SetSelectedFrame(i + stop.level);
        return;
    }
}

}  // namespace

int Session::set_stop_point(const char* function, int on) {
    if (!on) {
        if (stop_point_ != LLDB_INVALID_BREAK_ID) target_.BreakpointDelete(stop_point_);
        stop_point_ = LLDB_INVALID_BREAK_ID;
        stop_waiting();
        return MTC_OK;
    }
    if (stop_point_ != LLDB_INVALID_BREAK_ID) return MTC_OK;
    if (!target_.IsValid() || !wait_for_load()) return MTC_ERROR;
    auto breakpoint = target_.BreakpointCreateByName(function);
    if (!breakpoint.IsValid()) return MTC_ERROR;
    breakpoint.SetCallback(&at_breakpoint<&Session::stopped>, this);
    stop_point_ = breakpoint.GetID();
    return MTC_OK;
}

bool Session::stopped(lldb::SBThread& thread, lldb::SBBreakpointLocation&) {
    auto frame = thread.GetFrameAtIndex(0);
    const auto arguments = arguments_of(frame);
    std::string text;
    mtc_stop stop{};
    const int status = mtc_stopped(core_, arguments.data(), put_text, &text, &stop);
    return show(status, text, thread, stop);
}

bool Session::show(int status, const std::string& text, lldb::SBThread& thread,
                   const mtc_stop& stop) {
    const std::string said =
        status == MTC_ERROR ? std::string("error: ") + mtc_error(core_) + '\n' : text;
    if (!said.empty()) print(said.c_str(), said.size());
    if (status == MTC_INTERRUPTED) return true;
    if (stop.stays != 0) select_frame(thread, stop);
    return stop.stays != 0;
}

}  // namespace mt::adapter
