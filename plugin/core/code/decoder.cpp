// SPDX-License-Identifier: MIT
//
// See decoder.h. Zydis decodes; here is only what its answers mean for values.
#include "code/decoder.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>

namespace mt::core::code {
namespace {

struct Decoded {
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;

    std::span<const ZydisDecodedOperand> all() const {
        return {operands.data(), instruction.operand_count};
    }
    std::span<const ZydisDecodedOperand> visible() const {
        return {operands.data(), instruction.operand_count_visible};
    }
};

const ZydisDecoder& decoder() {
    static const ZydisDecoder kDecoder = [] {
        ZydisDecoder made;
        ZydisDecoderInit(&made, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        return made;
    }();
    return kDecoder;
}

// In the order of encodings these are ax, cx, dx, bx, sp, bp, si, di.
Register number_of(ZydisRegister reg) {
    constexpr std::array<Register, 8> kFirst = {kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi};
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (ZydisRegisterGetClass(whole) != ZYDIS_REGCLASS_GPR64) return kNoRegister;
    const auto id = static_cast<std::size_t>(ZydisRegisterGetId(whole));
    if (id < kFirst.size()) return kFirst[id];
    return id < kRegisters ? static_cast<Register>(id) : kNoRegister;
}

bool writes(const ZydisDecodedOperand& operand) {
    return (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

MemoryPlace place_of(const ZydisDecodedOperandMem& memory, std::uint64_t next) {
    MemoryPlace place;
    place.displacement = memory.disp.has_displacement ? memory.disp.value : 0;
    place.is_indexed = memory.index != ZYDIS_REGISTER_NONE;
    place.is_elsewhere = memory.segment == ZYDIS_REGISTER_FS || memory.segment == ZYDIS_REGISTER_GS;
    if (memory.base == ZYDIS_REGISTER_RIP || memory.base == ZYDIS_REGISTER_EIP)
        place.displacement =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(place.displacement) + next);
    else if (memory.base != ZYDIS_REGISTER_NONE)
        place.base = number_of(memory.base);
    // Of a base that is no whole register, nothing is known.
    if (memory.base != ZYDIS_REGISTER_NONE && memory.base != ZYDIS_REGISTER_RIP &&
        (place.base == kNoRegister || ZydisRegisterGetClass(memory.base) != ZYDIS_REGCLASS_GPR64))
        place.is_elsewhere = true;
    return place;
}

Operand operand_of(const ZydisDecodedOperand& from, std::uint64_t next) {
    Operand made;
    constexpr std::uint16_t kWhole = 64;
    if (from.type == ZYDIS_OPERAND_TYPE_REGISTER && from.size == kWhole) {
        made.reg = number_of(from.reg.value);
        if (made.reg != kNoRegister) made.kind = Operand::Kind::reg;
    } else if (from.type == ZYDIS_OPERAND_TYPE_MEMORY) {
        made.kind = Operand::Kind::memory;
        made.memory = place_of(from.mem, next);
    } else if (from.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        made.kind = Operand::Kind::constant;
        made.constant = from.imm.value.s;
    }
    return made;
}

void note_effects(const Decoded& decoded, Instruction& made) {
    for (const ZydisDecodedOperand& operand : decoded.all()) {
        if (!writes(operand)) continue;
        if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) {
            const Register reg = number_of(operand.reg.value);
            if (reg != kNoRegister)
                made.written = static_cast<std::uint16_t>(made.written | 1u << reg);
            if (ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_FLAGS)
                made.writes_flags = true;
        } else if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
            made.stored = place_of(operand.mem, made.next);
            const bool repeats =
                (decoded.instruction.attributes &
                 (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
            made.stored_bytes = repeats ? 0 : operand.size / 8u;
        }
    }
}

void take_target(const Decoded& decoded, Instruction& made) {
    if (decoded.instruction.operand_count_visible == 0) return;
    const ZydisDecodedOperand& first = decoded.operands[0];
    if (first.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        ZyanU64 target = 0;
        if (ZYAN_SUCCESS(
                ZydisCalcAbsoluteAddress(&decoded.instruction, &first, made.address, &target)))
            made.target = target;
    } else {
        made.callee = operand_of(first, made.next);
    }
}

void take_two(const Decoded& decoded, Action action, Instruction& made) {
    const auto visible = decoded.visible();
    if (visible.size() != 2) return;
    // Only whole words are values that could be pointers.
    if (visible[0].size != 64 || (action != Action::address && visible[1].size != 64 &&
                                  visible[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE))
        return;
    made.to = operand_of(visible[0], made.next);
    made.from = operand_of(visible[1], made.next);
    if (made.to.kind != Operand::Kind::none && made.from.kind != Operand::Kind::none)
        made.action = action;
}

void take_sum(const Decoded& decoded, bool is_negative, Instruction& made) {
    take_two(decoded, Action::add, made);
    const bool is_sum = made.action == Action::add && made.to.kind == Operand::Kind::reg &&
                        made.from.kind == Operand::Kind::constant;
    if (!is_sum) made.action = Action::other;
    // The least number has no opposite; a sum with it is nothing that is asked for.
    if (is_sum && is_negative)
        made.from.constant =
            static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(made.from.constant));
}

void take_comparison(const Decoded& decoded, bool is_test, Instruction& made) {
    take_two(decoded, Action::compare, made);
    const bool is_with_itself = is_test && made.to.kind == Operand::Kind::reg &&
                                made.from.kind == Operand::Kind::reg &&
                                made.to.reg == made.from.reg;
    const bool is_with_zero =
        !is_test && made.from.kind == Operand::Kind::constant && made.from.constant == 0;
    if (made.action == Action::compare && !is_with_itself && !is_with_zero)
        made.action = Action::other;
}

Condition condition_of(ZydisMnemonic mnemonic) {
    if (mnemonic == ZYDIS_MNEMONIC_JZ) return Condition::zero;
    if (mnemonic == ZYDIS_MNEMONIC_JNZ) return Condition::not_zero;
    return Condition::other;
}

void take_one(const Decoded& decoded, Action action, Instruction& made) {
    const auto visible = decoded.visible();
    made.action = action;
    if (visible.size() == 1) made.to = operand_of(visible[0], made.next);
}

void classify(const Decoded& decoded, Instruction& made) {
    const ZydisMnemonic mnemonic = decoded.instruction.mnemonic;
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_MOV:
            return take_two(decoded, Action::copy, made);
        case ZYDIS_MNEMONIC_LEA:
            return take_two(decoded, Action::address, made);
        case ZYDIS_MNEMONIC_ADD:
            return take_sum(decoded, false, made);
        case ZYDIS_MNEMONIC_SUB:
            return take_sum(decoded, true, made);
        case ZYDIS_MNEMONIC_TEST:
            return take_comparison(decoded, true, made);
        case ZYDIS_MNEMONIC_CMP:
            return take_comparison(decoded, false, made);
        case ZYDIS_MNEMONIC_PUSH:
            return take_one(decoded, Action::push, made);
        case ZYDIS_MNEMONIC_POP:
            return take_one(decoded, Action::pop, made);
        case ZYDIS_MNEMONIC_LEAVE:
            made.action = Action::leave;
            return;
        case ZYDIS_MNEMONIC_INT3:
        case ZYDIS_MNEMONIC_UD0:
        case ZYDIS_MNEMONIC_UD1:
        case ZYDIS_MNEMONIC_UD2:
        case ZYDIS_MNEMONIC_HLT:
        case ZYDIS_MNEMONIC_ENTER:
            made.action = Action::stop;
            return;
        default:
            break;
    }
    switch (decoded.instruction.meta.category) {
        case ZYDIS_CATEGORY_CALL:
            made.action = Action::call;
            return take_target(decoded, made);
        case ZYDIS_CATEGORY_UNCOND_BR:
            made.action = Action::jump;
            return take_target(decoded, made);
        case ZYDIS_CATEGORY_COND_BR:
            made.action = Action::branch;
            made.condition = condition_of(mnemonic);
            return take_target(decoded, made);
        case ZYDIS_CATEGORY_RET:
            made.action = Action::ret;
            return;
        default:
            return;
    }
}

}  // namespace

std::optional<Instruction> decode(const Bytes& code, std::uint64_t address) {
    if (!code.holds(address)) return std::nullopt;
    const auto rest = code.bytes.subspan(static_cast<std::size_t>(address - code.address));
    Decoded decoded;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder(), rest.data(), rest.size(),
                                             &decoded.instruction, decoded.operands.data())))
        return std::nullopt;
    Instruction made;
    made.address = address;
    made.next = address + decoded.instruction.length;
    note_effects(decoded, made);
    classify(decoded, made);
    return made;
}

}  // namespace mt::core::code
