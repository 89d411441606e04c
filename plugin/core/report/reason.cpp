// SPDX-License-Identifier: MIT
//
// See reason.h.
#include "report/reason.h"

#include <fmt/format.h>

#include <system_error>

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
        case abi::Reason::forked_inside:
            return "it is a child whose parent has a black box, and was not made by fork(), or by "
                   "fork() in a signal handler that interrupted an allocation";
        case abi::Reason::lost_box:
            return "the file of its black box was cut, and the table with it";
    }
    return fmt::format("reason {}", reason);
}

std::string box_error_text(std::uint32_t error) {
    switch (static_cast<abi::BoxError>(error)) {
        case abi::BoxError::foreign_file:
            return "what has this name is no black box, and is not replaced";
        case abi::BoxError::old_kernel:
            return "the kernel is older than 5.14";
        case abi::BoxError::no_holes:
            return "the file system cannot leave holes in files";
        case abi::BoxError::little_space:
            return "there is too little address space, or no file may be so large (ulimit -v, -f)";
        case abi::BoxError::filtered:
            return "the program runs under a filter of system calls";
        case abi::BoxError::long_name:
            return "its name is too long";
        case abi::BoxError::space_used:
            return "it has all that can be in it";
        case abi::BoxError::busy:
            return "another thread was at work on it";
    }
    return std::generic_category().message(static_cast<int>(error));
}

}  // namespace mt::core
