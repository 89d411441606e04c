// SPDX-License-Identifier: MIT
//
// What registers hold when a call returns, as far as the code right before the call tells: the
// object that an allocated block is going to be a member of is often loaded before the block is
// asked for.
#ifndef MEMTRACE_CORE_CODE_PRELUDE_H
#define MEMTRACE_CORE_CODE_PRELUDE_H

#include <array>
#include <cstdint>

#include "code/machine.h"

namespace mt::core::code {

// `code`: of a function, from its beginning on. `returns_to`: the address behind the call. What
// is not told is a value of its own, Value::Kind::before.
std::array<std::uint32_t, kRegisters> registers_before(const Bytes& code, std::uint64_t returns_to,
                                                       Machine& machine);

}  // namespace mt::core::code

#endif
