// SPDX-License-Identifier: MIT
//
// The breakpoints of mt scope: at functions' entries, and where calls return. The core
// says which, and what a hit means.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "session.h"

namespace mt::adapter {
namespace {

// "ns::parse<int>(char const*)" and "parse" are called the same.
std::string_view base_of(const char* name) {
    std::string_view text = name == nullptr ? "" : name;
    text = text.substr(0, text.find('('));
    text = text.substr(0, text.find('<'));
    const auto colon = text.rfind("::");
    return colon == text.npos ? text : text.substr(colon + 2);
}

// False: it never returns.
bool describe_entry(lldb::SBThread& thread, const std::string& name, mtc_hit& hit) {
    const auto count = thread.GetNumFrames();
    std::uint32_t i = 0;
    for (; i < count && thread.GetFrameAtIndex(i).IsInlined(); ++i) {
        if (base_of(thread.GetFrameAtIndex(i).GetFunctionName()) != base_of(name.c_str())) continue;
        hit.is_inlined = 1;
        return true;
    }
    if (i >= count) return false;
    hit.frame = thread.GetFrameAtIndex(i).GetCFA();
    do {
        if (++i >= count) return false;
    } while (thread.GetFrameAtIndex(i).IsInlined());
    hit.return_pc = thread.GetFrameAtIndex(i).GetPC();
    return true;
}

}  // namespace

int Session::set_point(std::uint64_t point, const char* function, std::uint64_t address, int on,
                       std::uint32_t* places) {
    const auto known = std::find_if(points_.begin(), points_.end(),
                                    [point](const Point& one) { return one.number == point; });
    if (!on) {
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
    breakpoint.SetCallback(&Session::on_point, this);
    *places = static_cast<std::uint32_t>(breakpoint.GetNumLocations());
    const auto process = function != nullptr ? 0 : target_.GetProcess().GetUniqueID();
    points_.push_back({point, breakpoint.GetID(), process, function != nullptr ? function : ""});
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

int Session::stack_pointer(std::uint64_t thread, std::uint64_t* sp) {
    auto found = target_.GetProcess().GetThreadByID(thread);
    if (!found.IsValid()) return MTC_ERROR;
    *sp = found.GetFrameAtIndex(0).GetSP();
    return MTC_OK;
}

bool Session::on_point(void* session, lldb::SBProcess&, lldb::SBThread& thread,
                       lldb::SBBreakpointLocation& location) {
    try {
        return static_cast<Session*>(session)->reached(thread, location.GetBreakpoint().GetID());
    } catch (...) {
        return false;
    }
}

// Returns whether the program is to stay stopped.
bool Session::reached(lldb::SBThread& thread, lldb::break_id_t breakpoint) {
    // See loaded(): not without an end.
    const std::unique_lock lock(mutex_, std::chrono::seconds(5));
    if (!lock.owns_lock()) return false;
    const auto point = std::find_if(points_.begin(), points_.end(), [breakpoint](const Point& one) {
        return one.breakpoint == breakpoint;
    });
    if (point == points_.end()) return false;
    const bool stale = point->process != 0 && point->process != target_.GetProcess().GetUniqueID();
    if (stale) return false;
    mtc_hit hit{};
    hit.point = point->number;
    hit.thread = thread.GetThreadID();
    auto frame = thread.GetFrameAtIndex(0);
    hit.pc = frame.GetPC();
    hit.sp = frame.GetSP();
    if (!point->name.empty() && !describe_entry(thread, point->name, hit)) return false;
    std::string text;
    const auto add = [](void* sink, const char* line) { *static_cast<std::string*>(sink) = line; };
    mtc_stop stop{};
    in_hit_ = true;
    const int status = mtc_reached(core_, &hit, add, &text, &stop);
    in_hit_ = false;
    return show(status, text, thread, stop);
}

}  // namespace mt::adapter
