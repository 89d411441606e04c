// SPDX-License-Identifier: MIT
//
// Recognises two instruction sequences. The caller has made sure that the bytes
// can be read.
#include "stack/x86_64/machine.h"

namespace mt::runtime::stack::machine {

bool is_signal_trampoline(const u8* code) {
    static constexpr u8 kBytes[kTrampolineSize] = {0x48, 0xc7, 0xc0, 0x0f, 0x00,
                                                   0x00, 0x00, 0x0f, 0x05};
    for (u64 i = 0; i < kTrampolineSize; ++i) {
        if (code[i] != kBytes[i]) return false;
    }
    return true;
}

namespace {

// Bytes of `call r/m64` (ff /2) from its opcode on, by its ModRM and SIB bytes.
u64 indirect_call_size(u8 modrm, u8 sib) {
    const u8 mode = modrm >> 6;
    const u8 operand = modrm & 7;
    if (mode == 3) return 2;
    const bool has_sib = operand == 4;
    u64 size = has_sib ? 3 : 2;
    if (mode == 1) size += 1;
    if (mode == 2) size += 4;
    if (mode == 0 && (operand == 5 || (has_sib && (sib & 7) == 5))) size += 4;
    return size;
}

}  // namespace

bool ends_with_call(const u8* end) {
    if (end[-5] == 0xe8) return true;
    for (u64 size = 2; size <= kLongestCall; ++size) {
        const u8* code = end - size;
        if (code[0] != 0xff || (code[1] & 0x38) != 0x10) continue;
        const u8 sib = size > 2 ? code[2] : u8{0};
        if (indirect_call_size(code[1], sib) == size) return true;
    }
    return false;
}

}  // namespace mt::runtime::stack::machine
