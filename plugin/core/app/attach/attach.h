// SPDX-License-Identifier: MIT
//
// The runtime into a process that was not prepared, and out again: the only commands that run
// code in the program. One thread at a safe point calls dlopen, then the runtime's function that
// redirects the modules' entries; all others run meanwhile, and nothing is ever unwound.
#ifndef MEMTRACE_CORE_APP_ATTACH_ATTACH_H
#define MEMTRACE_CORE_APP_ATTACH_ATTACH_H

#include <cstdint>
#include <string>
#include <vector>

#include "app/session.h"
#include "model/error.h"
#include "model/snapshot.h"

namespace mt::core {

struct Attached {
    std::uint32_t entries = 0;  // that lead to the runtime now
    bool was_loaded = false;    // by an earlier mt attach
    std::vector<Remark> remarks;
};
// `despite_filter`: the user says that the program's filter of system calls allows it.
Result<Attached> attach_runtime(Session& session, bool despite_filter);

// What attach_runtime() would meet. Touches nothing and lets nothing run.
struct AttachCheck {
    std::uint32_t thread = 0;  // the one that would call, by its number; 0 = none stands so
    std::string obstacle;      // of the thread that was looked at last, if none
    std::string library;
};
Result<AttachCheck> check_attach(Session& session, bool despite_filter);

// How many entries lead where they led before. The runtime stays mapped, and is off.
Result<std::uint32_t> detach_runtime(Session& session);

}  // namespace mt::core

#endif
