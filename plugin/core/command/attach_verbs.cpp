// SPDX-License-Identifier: MIT
//
// See attach_verbs.h.
#include "command/attach_verbs.h"

#include <fmt/format.h>

#include "app/attach/attach.h"
#include "show/text/parts.h"

namespace mt::core {
namespace {

constexpr const char* kDespiteFilter = "--despite-filter";

Result<void> run_check(Front& front) {
    const AttachCheck check = MT_TRY(check_attach(front.session, front.has(kDespiteFilter)));
    front.say(fmt::format("mt attach would open {}\n", check.library));
    if (check.thread != 0)
        front.say(fmt::format("thread {} would call: it waits in a system call\n", check.thread));
    else
        front.say(fmt::format(
            "no thread waits in a plain system call{}; the program would be let run to an "
            "allocation function\n",
            check.obstacle.empty() ? "" : fmt::format(" ({})", check.obstacle)));
    return {};
}

}  // namespace

Result<void> run_attach(Front& front) {
    if (front.has("--check")) return run_check(front);
    const Attached attached = MT_TRY(attach_runtime(front.session, front.has(kDespiteFilter)));
    front.say(
        fmt::format("the runtime is attached{}: {} entries lead to it; mt start begins to "
                    "trace\n",
                    attached.was_loaded ? " again" : "", attached.entries));
    front.say(remarks_text(attached.remarks));
    return {};
}

Result<void> run_detach(Front& front) {
    const std::uint32_t entries = MT_TRY(detach_runtime(front.session));
    front.say(
        fmt::format("the runtime is detached: {} entries lead where they led before; it "
                    "stays in the program and is off\n",
                    entries));
    return {};
}

}  // namespace mt::core
