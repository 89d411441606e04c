// SPDX-License-Identifier: MIT
//
// See reason.h.
#include "report/reason.h"

#include <fmt/format.h>

#include "abi/layout.h"

namespace mt::core {

std::string reason_text(std::uint32_t reason) {
    switch (static_cast<abi::Reason>(reason)) {
        case abi::Reason::none:
            return {};
        case abi::Reason::bad_environment:
            return "MEMTRACE in its environment is no valid setting";
        case abi::Reason::no_next_malloc:
            return "it did not find the real allocation functions";
        case abi::Reason::second_copy:
            return "another copy of the runtime was loaded before it";
        case abi::Reason::no_memory:
            return "it could not map memory for its table";
        case abi::Reason::secure_process:
            return "the program runs with raised privileges, so its environment was ignored";
    }
    return fmt::format("reason {}", reason);
}

}  // namespace mt::core
