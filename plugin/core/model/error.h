// SPDX-License-Identifier: MIT
//
// Error values of the core. No exception crosses a room but std::bad_alloc; a result
// says what failed, where, and in one line for the user what to do.
#ifndef MEMTRACE_CORE_MODEL_ERROR_H
#define MEMTRACE_CORE_MODEL_ERROR_H

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <type_traits>
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

// Errors are made and passed on by these two only.
inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }
inline tl::unexpected<Error> fail(Code code, std::string text, std::uint64_t address = 0) {
    return fail(Error{code, std::move(text), address});
}

template <typename T>
T take_value(Result<T>& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The value of a Result; where it is an error, the function ends with it:
//
//     const auto frames = MT_TRY(walk.frames(trace, limit));
//     MT_TRY(out.add(text));
//
// A statement, an initialiser or what is assigned, and never part of a larger expression:
// what that had made by then would not be destroyed.
#define MT_TRY(expression)                                                     \
    __extension__({                                                            \
        auto mt_result = (expression);                                         \
        if (!mt_result) return ::mt::core::fail(std::move(mt_result.error())); \
        ::mt::core::take_value(mt_result);                                     \
    })

}  // namespace mt::core

#endif
