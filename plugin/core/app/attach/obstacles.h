// SPDX-License-Identifier: MIT
//
// Why a process cannot be attached to, told before anything in it is called: by what the kernel
// says of it, and by what it has loaded. Each is one line with the way out.
#ifndef MEMTRACE_CORE_APP_ATTACH_OBSTACLES_H
#define MEMTRACE_CORE_APP_ATTACH_OBSTACLES_H

#include <cstdint>
#include <string>
#include <vector>

#include "app/attach/places.h"
#include "model/error.h"
#include "target/debugger.h"

namespace mt::core {

// What /proc/PID/status says, as far as it matters here.
struct ProcessRights {
    std::uint32_t filters = 0;  // of system calls (seccomp)
    std::uint32_t user = 0, group = 0;
    std::vector<std::uint32_t> groups;
};
ProcessRights rights_in(const std::string& status);

// The kind of target; that it stands still.
Result<void> attachable_target(const Target& target, std::string_view verb);
// What it has loaded.
Result<void> attachable_modules(const Places& places, Memory& memory);
// A process on this machine: what the kernel says of it, and whether it can read the library. A
// filter that the debugger has as well, a container's, is none; nor one that the user vouches for.
Result<void> attachable_process(std::int64_t pid, const std::string& library, bool despite_filter);

}  // namespace mt::core

#endif
