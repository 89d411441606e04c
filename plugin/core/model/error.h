// SPDX-License-Identifier: MIT
//
// Error values of the core. No exception crosses a room; a result says what
// failed, where, and in one line for the user what to do.
#ifndef MEMTRACE_CORE_MODEL_ERROR_H
#define MEMTRACE_CORE_MODEL_ERROR_H

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace mt::core {

enum class Code : std::uint8_t {
    usage,       // the command line
    no_process,  // nothing to look at
    exited,
    no_runtime,  // the process has no runtime, or none that can be found
    version,     // a table of another major version
    damaged,     // the table contradicts itself
    unreadable,  // memory that should be there is not (truncated core, zero pages)
    refused,     // the target cannot do this (write to a core, not tracing, …)
    io,          // a file
    interrupted,
    internal,
};

struct Error {
    Code code = Code::internal;
    std::string text;           // one line, no "error:"
    std::uint64_t address = 0;  // of what could not be read or believed; 0 = none
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string text, std::uint64_t address = 0) {
    return tl::make_unexpected(Error{code, std::move(text), address});
}

}  // namespace mt::core

#endif
