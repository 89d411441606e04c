// SPDX-License-Identifier: MIT
//
// A value as far as it is known, by where it came from.
#ifndef MEMTRACE_CORE_CODE_VALUE_H
#define MEMTRACE_CORE_CODE_VALUE_H

#include <cstdint>

#include "code/decoder.h"

namespace mt::core::code {

struct Value {
    enum class Kind : std::uint8_t {
        unknown,
        result,    // what the call returned, + offset
        before,    // what `reg` held when the call returned, + offset
        constant,  // offset: an address in the code's file
        loaded,    // what memory at `base` + displacement held, + offset
    };
    Kind kind = Kind::unknown;
    Register reg = kNoRegister;
    bool is_indexed = false;
    // A result that was in the stack while another function ran: at `reg` + displacement. Who
    // knows that a variable lives there must not believe it.
    bool was_spilled = false;
    std::int64_t offset = 0;
    std::int64_t displacement = 0;
    std::uint32_t base = 0;  // in the list of values
    std::uint64_t at = 0;    // the instruction that loaded it
};

// They wrap around, as in the machine.
inline std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace mt::core::code

#endif
