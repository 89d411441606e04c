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
        if (code >= 0x30 && code <= 0x4f) return push(code - u64{0x30});
        if (code >= 0x70 && code <= 0x8f) return push_register(code - u64{0x70});
        if (code >= 0x19 && code <= 0x2e && code != 0x28) return arithmetic(code);
        switch (code) {
            case 0x06:
                return deref();
            case 0x12:
                return copy(0);
            case 0x13:
                static_cast<void>(pop());
                return;
            case 0x14:
                return copy(1);
            case 0x15:
                return copy(bytes_.take8());
            case 0x16:
                return rotate(2);
            case 0x17:
                return rotate(3);
            case 0x28:
                return branch(true);
            case 0x2f:
                return branch(false);
            case 0x92:
                return push_register(bytes_.take_uleb());
            case 0x96:
                return;
            default:
                return constant(code);
        }
    }

    void constant(u8 code) {
        switch (code) {
            case 0x03:
            case 0x0e:
            case 0x0f:
                return push(bytes_.take_format(0x04));
            case 0x08:
                return push(bytes_.take8());
            case 0x09:
                return push(static_cast<u64>(i64{static_cast<std::int8_t>(bytes_.take8())}));
            case 0x0a:
                return push(bytes_.take_format(0x02));
            case 0x0b:
                return push(bytes_.take_format(0x0a));
            case 0x0c:
                return push(bytes_.take_format(0x03));
            case 0x0d:
                return push(bytes_.take_format(0x0b));
            case 0x10:
                return push(bytes_.take_uleb());
            case 0x11:
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
        const u64 distance = bytes_.take_format(0x0a);
        if (conditional && pop() == 0) return;
        const u64 target = bytes_.at() + distance;
        if (target < start_ || target > end_) return fail();
        bytes_ = Bytes{{target, end_}};
    }

    void arithmetic(u8 code) {
        const u64 right = pop();
        switch (code) {
            case 0x19:
                return push(static_cast<i64>(right) < 0 ? 0 - right : right);
            case 0x1f:
                return push(0 - right);
            case 0x20:
                return push(~right);
            case 0x23:
                return push(right + bytes_.take_uleb());
            default:
                return binary(code, pop(), right);
        }
    }

    void binary(u8 code, u64 left, u64 right) {
        const auto signed_left = static_cast<i64>(left);
        const auto signed_right = static_cast<i64>(right);
        switch (code) {
            case 0x1a:
                return push(left & right);
            case 0x1b:
                if (right == 0) return fail();
                return push(right == ~u64{0} ? 0 - left
                                             : static_cast<u64>(signed_left / signed_right));
            case 0x1c:
                return push(left - right);
            case 0x1d:
                return right == 0 ? fail() : push(left % right);
            case 0x1e:
                return push(left * right);
            case 0x21:
                return push(left | right);
            case 0x22:
                return push(left + right);
            case 0x24:
                return push(right > 63 ? 0 : left << right);
            case 0x25:
                return push(right > 63 ? 0 : left >> right);
            case 0x26:
                return push(static_cast<u64>(signed_left >> (right > 63 ? 63 : right)));
            case 0x27:
                return push(left ^ right);
            case 0x29:
                return push(left == right);
            case 0x2a:
                return push(signed_left >= signed_right);
            case 0x2b:
                return push(signed_left > signed_right);
            case 0x2c:
                return push(signed_left <= signed_right);
            case 0x2d:
                return push(signed_left < signed_right);
            case 0x2e:
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
