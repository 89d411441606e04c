// SPDX-License-Identifier: MIT
//
// Breakpoints that the core asks for by a number: at functions' entries, and at addresses.
// The core says which, and what a hit means.
#include <algorithm>
#include <string>
#include <vector>

#include "session.h"

namespace mt::adapter {
namespace {

// The innermost frames, as far as the `own`-th that is not inlined.
std::vector<mtc_activation> frames_of(lldb::SBThread& thread, unsigned own) {
    std::vector<mtc_activation> frames;
    for (std::uint32_t i = 0; own > 0; ++i) {
        auto frame = thread.GetFrameAtIndex(i);
        if (!frame.IsValid()) break;
        const bool is_inlined = frame.IsInlined();
        const char* name = is_inlined ? frame.GetFunctionName() : nullptr;
        frames.push_back({frame.GetPC(), frame.GetSP(), name, is_inlined, 0});
        own -= is_inlined ? 0 : 1;
    }
    return frames;
}

}  // namespace

int Session::set_point(std::uint64_t point, const char* function, std::uint64_t address,
                       std::uint32_t frames, std::uint32_t* places) {
    const auto known = std::find_if(points_.begin(), points_.end(),
                                    [point](const Point& one) { return one.number == point; });
    if (frames == 0) {
        if (known == points_.end()) return MTC_OK;
        target_.FindBreakpointByID(known->breakpoint).SetEnabled(false);
        spent_.push_back(known->breakpoint);
        points_.erase(known);
        delete_spent();
        return MTC_OK;
    }
    if (!target_.IsValid()) return MTC_ERROR;
    delete_spent();
    auto breakpoint = function != nullptr ? target_.BreakpointCreateByName(function)
                                          : target_.BreakpointCreateByAddress(address);
    if (!breakpoint.IsValid()) return MTC_ERROR;
    breakpoint.SetCallback(&at_breakpoint<&Session::reached>, this);
    *places = static_cast<std::uint32_t>(breakpoint.GetNumLocations());
    const auto process = function != nullptr ? 0 : target_.GetProcess().GetUniqueID();
    points_.push_back({point, breakpoint.GetID(), process, frames});
    return MTC_OK;
}

// Not from within a callback: it may be the breakpoint's own.
void Session::delete_spent() {
    if (in_hit_) return;
    for (const auto id : spent_) target_.BreakpointDelete(id);
    spent_.clear();
}

int Session::current_thread(std::uint64_t* thread) {
    *thread = target_.GetProcess().GetSelectedThread().GetThreadID();
    return MTC_OK;
}

bool Session::reached(lldb::SBThread& thread, lldb::SBBreakpointLocation& location) {
    const auto breakpoint = location.GetBreakpoint().GetID();
    const auto point = std::find_if(points_.begin(), points_.end(), [breakpoint](const Point& one) {
        return one.breakpoint == breakpoint;
    });
    if (point == points_.end()) return false;
    const bool stale = point->process != 0 && point->process != target_.GetProcess().GetUniqueID();
    if (stale) return false;
    const auto frames = frames_of(thread, point->frames);
    const mtc_hit hit{point->number, thread.GetThreadID(), frames.data(),
                      static_cast<std::uint32_t>(frames.size()), 0};
    std::string text;
    mtc_stop stop{};
    in_hit_ = true;
    const int status = mtc_reached(core_, &hit, put_text, &text, &stop);
    in_hit_ = false;
    return show(status, text, thread, stop);
}

}  // namespace mt::adapter
