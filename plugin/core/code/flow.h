// SPDX-License-Identifier: MIT
//
// What code does with the value that a call has just returned: where it is stored, whom it is
// passed to, what returns it. Each way that the code may take is followed as far as a bound
// allows; what cannot be told ends it. Knows machine code only: no names, no types.
#ifndef MEMTRACE_CORE_CODE_FLOW_H
#define MEMTRACE_CORE_CODE_FLOW_H

#include <cstdint>
#include <functional>
#include <vector>

#include "code/decoder.h"
#include "code/value.h"

namespace mt::core::code {

struct Use {
    enum class Kind : std::uint8_t {
        held,      // registers hold it when the instruction begins
        stored,    // to values[base] + displacement
        passed,    // a call or a jump to another function while registers hold it
        returned,  // by the function
    };
    Kind kind = Kind::held;
    std::uint64_t at = 0, next = 0;  // the instruction
    // By register: who holds the result, who the address one word behind it (of an array that
    // begins behind the number of its elements), who has it from the stack.
    std::uint16_t held = 0, behind = 0, spilled = 0;
    std::uint32_t value = 0;  // what was stored or returned, or spilled, in Trail::values
    std::uint32_t base = 0;
    std::int64_t displacement = 0;
    bool is_indexed = false;
    std::uint64_t target = 0, word = 0;  // of the one it is passed to; 0: not told
    bool is_tail = false;                // a jump
    // On each way that the code can take.
    bool is_certain = false;
};

struct Trail {
    std::vector<Value> values;
    std::vector<Use> uses;
    // Each way was followed to where nothing holds the value any more.
    bool is_complete = true;
};

enum class Returns : std::uint8_t { yes, never, unknown };

struct Following {
    Bytes code;               // of the function, or a part of it
    std::uint64_t start = 0;  // where the call returns to
    // Whether the function at `target`, or that `word` leads to, returns. May be empty.
    std::function<Returns(std::uint64_t target, std::uint64_t word)> returns;
    std::size_t most_steps = 256, most_ways = 16;
};

Trail follow(const Following& what);

}  // namespace mt::core::code

#endif
