// SPDX-License-Identifier: MIT
//
// See ending.h.
#include "app/breaks/ending.h"

#include <string>
#include <string_view>

namespace mt::core {
namespace {

// On the way from exit, or from where main returns, to kEnding. All others have names that C
// reserves; those of C++ begin with _Z where they are mangled.
bool is_libcs(std::string_view name) {
    if (name == "exit" || name == "quick_exit") return true;
    return name.substr(0, 1) == "_" && name.substr(0, 2) != "_Z";
}

// Empty: without debug information. `pc` is a return address.
Result<std::string> name_at(Debugger& debugger, std::uint64_t pc) {
    const auto expanded = MT_TRY(debugger.debug_info().frames(pc - 1));
    if (expanded.empty()) return std::string();
    const RawFrame& own = expanded.back();
    return own.linkage.empty() ? own.function : own.linkage;
}

}  // namespace

Result<std::uint32_t> who_ends(Debugger& debugger, const std::vector<Activation>& frames) {
    for (std::uint32_t i = 1; i < frames.size(); ++i) {
        std::string name = frames[i].function;
        if (!frames[i].is_inlined) name = MT_TRY(name_at(debugger, frames[i].pc));
        if (!name.empty() && !is_libcs(name)) return i;
    }
    return 0;
}

}  // namespace mt::core
