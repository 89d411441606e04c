// SPDX-License-Identifier: MIT
//
// Where a call goes that does not go straight to a function: through a stub of the procedure
// linkage table, or a word of the global offset table. Reads no relocations.
#ifndef MEMTRACE_CORE_CODE_STUB_H
#define MEMTRACE_CORE_CODE_STUB_H

#include <cstdint>

#include "code/decoder.h"

namespace mt::core::code {

// The call that returns to `address`, by the bytes before it: of the forms that compilers make
// of a call by name, which are five and six bytes long. Nothing: it is none of these.
std::optional<Instruction> call_before(const Bytes& code, std::uint64_t address);

// The word that the code at `address` jumps through first of all; 0: it is no stub.
std::uint64_t word_of_stub(const Bytes& code, std::uint64_t address);

// The word at a fixed address that an indirect call or jump reads; 0: it does not.
std::uint64_t word_of(const Instruction& call);

}  // namespace mt::core::code

#endif
