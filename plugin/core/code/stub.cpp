// SPDX-License-Identifier: MIT
//
// See stub.h.
#include "code/stub.h"

namespace mt::core::code {
namespace {

// endbr64, then perhaps one more before the jump.
constexpr int kMostOfStub = 3;

}  // namespace

std::optional<Instruction> call_before(const Bytes& code, std::uint64_t address) {
    for (const std::uint64_t length : {5u, 6u}) {
        if (address < length) continue;
        const auto call = decode(code, address - length);
        const bool is_call = call && call->action == Action::call && call->next == address;
        // Of a register or a variable it could be anything's end.
        if (is_call && (call->target != 0 || word_of(*call) != 0)) return call;
    }
    return std::nullopt;
}

std::uint64_t word_of_stub(const Bytes& code, std::uint64_t address) {
    for (int i = 0; i < kMostOfStub; ++i) {
        const auto at = decode(code, address);
        if (!at) return 0;
        if (at->action == Action::jump) return word_of(*at);
        if (at->action != Action::other || at->written != 0 || at->stored) return 0;
        address = at->next;
    }
    return 0;
}

std::uint64_t word_of(const Instruction& call) {
    if (!call.callee || call.callee->kind != Operand::Kind::memory) return 0;
    const MemoryPlace& place = call.callee->memory;
    if (place.base != kNoRegister || place.is_indexed || place.is_elsewhere) return 0;
    return static_cast<std::uint64_t>(place.displacement);
}

}  // namespace mt::core::code
