// SPDX-License-Identifier: MIT
//
// Threads and their registers, by the SB API. Calls nothing in the program and selects nothing.
#include <vector>

#include "session.h"

namespace mt::adapter {
namespace {

std::vector<lldb::SBThread> stopped_threads(lldb::SBProcess process) {
    std::vector<lldb::SBThread> found;
    if (lldb::SBDebugger::StateIsRunningState(process.GetState())) return found;
    for (std::uint32_t i = 0; i < process.GetNumThreads(); ++i)
        found.push_back(process.GetThreadAtIndex(i));
    return found;
}

}  // namespace

int Session::threads(mtc_add_thread add, void* sink) {
    for (auto& thread : stopped_threads(target_.GetProcess())) {
        const auto pointer = thread.GetFrameAtIndex(0).GetSP();
        const mtc_thread found{thread.GetIndexID(),
                               static_cast<std::uint32_t>(thread.GetThreadID()),
                               pointer != LLDB_INVALID_ADDRESS ? pointer : 0};
        add(sink, &found);
    }
    return MTC_OK;
}

}  // namespace mt::adapter
