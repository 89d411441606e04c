// SPDX-License-Identifier: MIT
//
// Interprets call frame programs. They come from files that nobody vouches for:
// each step consumes bytes, so each program ends; what is not understood ends
// the walk instead of being guessed.
#include "stack/cfi.h"

namespace mt::runtime::stack {

namespace {

// Remembered rows; compilers nest them once, hand-written code twice.
constexpr u32 kRemembered = 4;

// Three instructions have their first operand in the byte that says which they are.
constexpr u8 kOperand = 0x3f;

// More than any register's number.
constexpr u8 kNoSuchRegister = 0xff;

bool fits(i64 value) { return value >= INT32_MIN && value <= INT32_MAX; }

class Program {
  public:
    Program(const Entry& entry, u64 pc, u64 followed)
        : entry_(entry), pc_(pc), location_(entry.code), followed_(followed) {}

    bool run(Row& row) {
        row_ = Row{};
        row_.frame = FrameBy::unsupported;
        row_.ra = SavedAs::unsupported;
        initial_ = row_;
        if (!run_part(entry_.part(entry_.initial, entry_.initial_size))) return false;
        initial_ = row_;
        if (!run_part(entry_.part(entry_.program, entry_.program_size))) return false;
        row = row_;
        return true;
    }

  private:
    bool run_part(Span part) {
        Bytes bytes{part};
        while (bytes.left() > 0 && location_ <= pc_) {
            if (!step(bytes, bytes.take8())) return false;
        }
        return bytes.ok();
    }

    // Each of the three knows its own instructions and hands the others on.
    bool step(Bytes& bytes, u8 code) {
        const u64 operand = code & kOperand;
        switch (code & ~kOperand) {
            case DW_CFA_advance_loc:
                advance(operand);
                return true;
            case DW_CFA_offset:
                saved(operand, SavedAs::at_offset, factored(bytes.take_uleb()));
                return true;
            case DW_CFA_restore:
                restore(operand);
                return true;
            default:
                return step_location(bytes, code);
        }
    }

    bool step_location(Bytes& bytes, u8 code) {
        switch (code) {
            case DW_CFA_nop:
                return true;
            case DW_CFA_set_loc:
                location_ = bytes.take_pointer(entry_.pointer_encoding);
                return true;
            case DW_CFA_advance_loc1:
                advance(bytes.take8());
                return true;
            case DW_CFA_advance_loc2:
                advance(bytes.take16());
                return true;
            case DW_CFA_advance_loc4:
                advance(bytes.take32());
                return true;
            case DW_CFA_MIPS_advance_loc8:
                advance(bytes.take64());
                return true;
            default:
                return step_register(bytes, code);
        }
    }

    bool step_register(Bytes& bytes, u8 code) {
        switch (code) {
            case DW_CFA_offset_extended:
                return offset_rule(bytes, SavedAs::at_offset, false);
            case DW_CFA_offset_extended_sf:
                return offset_rule(bytes, SavedAs::at_offset, true);
            case DW_CFA_GNU_negative_offset_extended: {
                const u64 reg = bytes.take_uleb();
                saved(reg, SavedAs::at_offset, -factored(bytes.take_uleb()));
                return true;
            }
            case DW_CFA_val_offset:
                return offset_rule(bytes, SavedAs::is_offset, false);
            case DW_CFA_val_offset_sf:
                return offset_rule(bytes, SavedAs::is_offset, true);
            case DW_CFA_expression:
                return expression_rule(bytes, SavedAs::at_expression);
            case DW_CFA_val_expression:
                return expression_rule(bytes, SavedAs::is_expression);
            case DW_CFA_register:
                return register_rule(bytes);
            case DW_CFA_undefined:
                saved(bytes.take_uleb(), SavedAs::undefined, 0);
                return true;
            case DW_CFA_same_value:
                saved(bytes.take_uleb(), SavedAs::same, 0);
                return true;
            case DW_CFA_restore_extended:
                restore(bytes.take_uleb());
                return true;
            default:
                return step_frame(bytes, code);
        }
    }

    bool step_frame(Bytes& bytes, u8 code) {
        switch (code) {
            case DW_CFA_def_cfa:
                define_frame(bytes.take_uleb());
                return frame_offset(bytes, false);
            case DW_CFA_def_cfa_sf:
                define_frame(bytes.take_uleb());
                return frame_offset(bytes, true);
            case DW_CFA_def_cfa_register:
                define_frame(bytes.take_uleb());
                return true;
            case DW_CFA_def_cfa_offset:
                return frame_offset(bytes, false);
            case DW_CFA_def_cfa_offset_sf:
                return frame_offset(bytes, true);
            case DW_CFA_def_cfa_expression:
                row_.frame = FrameBy::expression;
                return expression(bytes, row_.frame_offset);
            case DW_CFA_remember_state:
                return remember();
            case DW_CFA_restore_state:
                return recall();
            case DW_CFA_GNU_args_size:
                bytes.take_uleb();
                return true;
            default:
                return false;
        }
    }

    void advance(u64 delta) {
        const u64 next = location_ + delta * entry_.code_align;
        location_ = next < location_ ? ~u64{0} : next;
    }

    i64 factored(u64 value) const {
        i64 result;
        const bool overflow =
            __builtin_mul_overflow(static_cast<i64>(value), i64{entry_.data_align}, &result);
        return overflow || !fits(result) ? i64{INT32_MAX} + 1 : result;
    }

    void saved(u64 reg, SavedAs as, i64 offset) {
        if (!fits(offset)) as = SavedAs::unsupported;
        if (reg == followed_) {
            row_.bp = as;
            row_.bp_offset = static_cast<i32>(offset);
        } else if (reg == machine::kReturnAddress) {
            row_.ra = as;
            row_.ra_offset = static_cast<i32>(offset);
        }
    }

    void restore(u64 reg) {
        if (reg == followed_) saved(reg, initial_.bp, initial_.bp_offset);
        if (reg == machine::kReturnAddress) saved(reg, initial_.ra, initial_.ra_offset);
    }

    bool remember() {
        if (depth_ == kRemembered) return false;
        remembered_[depth_++] = row_;
        return true;
    }

    bool recall() {
        if (depth_ == 0) return false;
        row_ = remembered_[--depth_];
        return true;
    }

    void define_frame(u64 reg) {
        if (reg == machine::kStackPointer) {
            row_.frame = FrameBy::stack_pointer;
        } else if (reg == machine::kFramePointer) {
            row_.frame = FrameBy::frame_pointer;
        } else {
            row_.frame = reg < 256 ? FrameBy::other_register : FrameBy::unsupported;
            row_.frame_register = static_cast<u8>(reg);
        }
    }

    bool frame_offset(Bytes& bytes, bool is_factored) {
        const i64 offset = is_factored ? factored(static_cast<u64>(bytes.take_sleb()))
                                       : static_cast<i64>(bytes.take_uleb());
        if (row_.frame == FrameBy::expression || !fits(offset)) row_.frame = FrameBy::unsupported;
        row_.frame_offset = static_cast<i32>(offset);
        return true;
    }

    bool register_rule(Bytes& bytes) {
        const u64 reg = bytes.take_uleb();
        const u64 in = bytes.take_uleb();
        saved(reg, SavedAs::in_register,
              in < kNoSuchRegister ? static_cast<i64>(in) : kNoSuchRegister);
        return true;
    }

    bool offset_rule(Bytes& bytes, SavedAs as, bool is_signed) {
        const u64 reg = bytes.take_uleb();
        saved(reg, as,
              factored(is_signed ? static_cast<u64>(bytes.take_sleb()) : bytes.take_uleb()));
        return true;
    }

    bool expression(Bytes& bytes, i32& place) {
        const i64 distance = static_cast<i64>(bytes.at() - entry_.table.start);
        if (!fits(distance)) return false;
        place = static_cast<i32>(distance);
        bytes.skip(bytes.take_uleb());
        return true;
    }

    bool expression_rule(Bytes& bytes, SavedAs as) {
        const u64 reg = bytes.take_uleb();
        i32 place = 0;
        if (!expression(bytes, place)) return false;
        saved(reg, as, place);
        return true;
    }

    const Entry& entry_;
    u64 pc_;
    u64 location_;
    u64 followed_;
    Row row_;
    Row initial_;
    u32 depth_ = 0;
    Row remembered_[kRemembered];
};

}  // namespace

bool find_row(const Entry& entry, u64 pc, Row& row, u64 followed) {
    return Program{entry, pc, followed}.run(row);
}

}  // namespace mt::runtime::stack
