// SPDX-License-Identifier: MIT
//
// Takes the same stack twice at one place: by our walker and by libgcc's
// unwinder, which is the reference. For tests only.
#ifndef MEMTRACE_TESTS_UNIT_STACK_CAPTURE_H
#define MEMTRACE_TESTS_UNIT_STACK_CAPTURE_H

#include <string>
#include <vector>

#include "stack/recent_stacks.h"
#include "stack/walker.h"

namespace mt::test {

using runtime::stack::FrameCache;
using runtime::stack::RecentStacks;
using runtime::stack::u32;
using runtime::stack::u64;
using runtime::stack::Walk;
using runtime::stack::WalkEnd;
using runtime::stack::Window;

inline constexpr u32 kCaptureLimit = 2000;

struct Capture {
    Walk walk{0, WalkEnd::broken};
    u64 ours[kCaptureLimit];
    u32 reference_count = 0;
    u64 reference[kCaptureLimit];
    u32 taken = 0;
    // Of this thread's FrameCache, where it could say something.
    bool followed = false;
    u32 followed_count = 0;
    u32 fresh = 0;
    bool cut = false;
    u64 window_hash = 0;
    u64 followed_pcs[FrameCache::kWindow];
    // Of its RecentStacks: what the stack was when it was kept.
    bool recalled = false;
    std::vector<u64> recalled_pcs;
};

// The calling thread's; a test may zero them.
Window& own_window();
FrameCache& own_frames();
RecentStacks& own_recent();

// Fills `capture`; frame 0 is capture_here itself in both.
void capture_here(Capture& capture);
// The same with a signature that callers through libc can use.
void capture_into_current();
extern thread_local Capture* current_capture;

// Says in what the two differ, or nothing.
std::vector<std::string> differences(const Capture& capture);

// Callers of many shapes, compiled twice (stack_callers.inc).
using Action = void (*)();
namespace plain {
void nested(u32 depth, Action action);
void lambda(Action action);
void with_alloca(u32 bytes, Action action);
void realigned(Action action);
void realigned_alloca(u32 bytes, Action action);
void large_frame(Action action);
void many_arguments(Action action);
void in_catch(Action action);
void in_cleanup(Action action);
void noreturn_tail(Action action);
}  // namespace plain
namespace optimised {
void nested(u32 depth, Action action);
void lambda(Action action);
void with_alloca(u32 bytes, Action action);
void realigned(Action action);
void realigned_alloca(u32 bytes, Action action);
void large_frame(Action action);
void many_arguments(Action action);
void in_catch(Action action);
void in_cleanup(Action action);
void noreturn_tail(Action action);
}  // namespace optimised

}  // namespace mt::test

#endif
