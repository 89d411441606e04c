// SPDX-License-Identifier: MIT
//
// The stack machine of DWARF 5, 2.5, without what unwind tables never hold
// (pieces, types, other registers, calls).
#include "stack/expression.h"

namespace mt::runtime::stack {

namespace {

constexpr u32 kDepth = 8;
constexpr u32 kSteps = 256;

class Machine {
  public:
    Machine(Span code, const Frame& frame, View& view)
        : start_(code.start), bytes_(code), end_(code.end), frame_(frame), view_(view) {}

    void push(u64 value) {
        if (depth_ == kDepth) return fail();
        stack_[depth_++] = value;
    }

    bool run(u64& result) {
        for (u32 steps = 0; bytes_.left() > 0; ++steps) {
            if (steps == kSteps) return false;
            step(bytes_.take8());
            if (failed_ || !bytes_.ok()) return false;
        }
        result = pop();
        return !failed_ && bytes_.ok();
    }

  private:
    void fail() { failed_ = true; }

    u64 pop() {
        if (depth_ == 0) {
            fail();
            return 0;
        }
        return stack_[--depth_];
    }

    void copy(u64 from_top) {
        if (from_top >= depth_) return fail();
        push(stack_[depth_ - 1 - from_top]);
    }

    void step(u8 code) {
        if (code >= DW_OP_lit0 && code <= DW_OP_lit31) return push(code - u64{DW_OP_lit0});
        if (code >= DW_OP_breg0 && code <= DW_OP_breg31) {
            return push_register(code - u64{DW_OP_breg0});
        }
        const bool computes = code >= DW_OP_abs && code <= DW_OP_ne && code != DW_OP_bra;
        if (computes) return arithmetic(code);
        switch (code) {
            case DW_OP_deref:
                return deref();
            case DW_OP_dup:
                return copy(0);
            case DW_OP_drop:
                static_cast<void>(pop());
                return;
            case DW_OP_over:
                return copy(1);
            case DW_OP_pick:
                return copy(bytes_.take8());
            case DW_OP_swap:
                return rotate(2);
            case DW_OP_rot:
                return rotate(3);
            case DW_OP_bra:
                return branch(true);
            case DW_OP_skip:
                return branch(false);
            case DW_OP_bregx:
                return push_register(bytes_.take_uleb());
            case DW_OP_nop:
                return;
            default:
                return constant(code);
        }
    }

    void constant(u8 code) {
        switch (code) {
            case DW_OP_addr:
            case DW_OP_const8u:
            case DW_OP_const8s:
                return push(bytes_.take64());
            case DW_OP_const1u:
                return push(bytes_.take8());
            case DW_OP_const1s:
                return push(static_cast<u64>(i64{static_cast<std::int8_t>(bytes_.take8())}));
            case DW_OP_const2u:
                return push(bytes_.take16());
            case DW_OP_const2s:
                return push(bytes_.take_format(DW_EH_PE_sdata2));
            case DW_OP_const4u:
                return push(bytes_.take32());
            case DW_OP_const4s:
                return push(bytes_.take_format(DW_EH_PE_sdata4));
            case DW_OP_constu:
                return push(bytes_.take_uleb());
            case DW_OP_consts:
                return push(static_cast<u64>(bytes_.take_sleb()));
            default:
                return fail();
        }
    }

    void push_register(u64 number) {
        const u64 offset = static_cast<u64>(bytes_.take_sleb());
        u64 value = 0;
        if (!read_register(frame_, number, value)) return fail();
        push(value + offset);
    }

    void deref() {
        u64 value = 0;
        if (!view_.load(pop(), value)) return fail();
        push(value);
    }

    // The topmost value goes below the others of `count`.
    void rotate(u32 count) {
        if (depth_ < count) return fail();
        const u64 top = stack_[depth_ - 1];
        for (u32 i = 1; i < count; ++i) stack_[depth_ - i] = stack_[depth_ - i - 1];
        stack_[depth_ - count] = top;
    }

    void branch(bool conditional) {
        const u64 distance = bytes_.take_format(DW_EH_PE_sdata2);
        if (conditional && pop() == 0) return;
        const u64 target = bytes_.at() + distance;
        if (target < start_ || target > end_) return fail();
        bytes_ = Bytes{{target, end_}};
    }

    void arithmetic(u8 code) {
        const u64 right = pop();
        switch (code) {
            case DW_OP_abs:
                return push(static_cast<i64>(right) < 0 ? 0 - right : right);
            case DW_OP_neg:
                return push(0 - right);
            case DW_OP_not:
                return push(~right);
            case DW_OP_plus_uconst:
                return push(right + bytes_.take_uleb());
            default:
                return binary(code, pop(), right);
        }
    }

    void binary(u8 code, u64 left, u64 right) {
        const auto signed_left = static_cast<i64>(left);
        const auto signed_right = static_cast<i64>(right);
        switch (code) {
            case DW_OP_and:
                return push(left & right);
            case DW_OP_div:
                if (right == 0) return fail();
                return push(right == ~u64{0} ? 0 - left
                                             : static_cast<u64>(signed_left / signed_right));
            case DW_OP_minus:
                return push(left - right);
            case DW_OP_mod:
                return right == 0 ? fail() : push(left % right);
            case DW_OP_mul:
                return push(left * right);
            case DW_OP_or:
                return push(left | right);
            case DW_OP_plus:
                return push(left + right);
            case DW_OP_shl:
                return push(right > 63 ? 0 : left << right);
            case DW_OP_shr:
                return push(right > 63 ? 0 : left >> right);
            case DW_OP_shra:
                return push(static_cast<u64>(signed_left >> (right > 63 ? 63 : right)));
            case DW_OP_xor:
                return push(left ^ right);
            case DW_OP_eq:
                return push(left == right);
            case DW_OP_ge:
                return push(signed_left >= signed_right);
            case DW_OP_gt:
                return push(signed_left > signed_right);
            case DW_OP_le:
                return push(signed_left <= signed_right);
            case DW_OP_lt:
                return push(signed_left < signed_right);
            case DW_OP_ne:
                return push(left != right);
            default:
                return fail();
        }
    }

    u64 start_;
    Bytes bytes_;
    u64 end_;
    const Frame& frame_;
    View& view_;
    bool failed_ = false;
    u32 depth_ = 0;
    u64 stack_[kDepth];
};

}  // namespace

bool evaluate(Span table, u64 place, const Frame& frame, View& view, const u64* given,
              u64& result) {
    if (!table.contains(place)) return false;
    Bytes head{{place, table.end}};
    const u64 size = head.take_uleb();
    if (!head.ok() || size > head.left()) return false;
    Machine machine{{head.at(), head.at() + size}, frame, view};
    if (given != nullptr) machine.push(*given);
    return machine.run(result);
}

}  // namespace mt::runtime::stack
