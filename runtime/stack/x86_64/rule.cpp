// SPDX-License-Identifier: MIT
//
// Which rows fit into 32 bits: what compilers write for x86-64. All others are
// complex, and looked up each time.
#include "stack/x86_64/rule.h"

namespace mt::runtime::stack {

namespace {

// The expression "register bp + offset", "*(register bp + offset)" with deref.
bool is_bp_expression(Span table, i32 place, bool deref, i64& offset) {
    Bytes bytes{{table.start + static_cast<u64>(i64{place}), table.end}};
    const u64 size = bytes.take_uleb();
    const u64 end = bytes.at() + size;
    if (bytes.take8() != DW_OP_breg0 + machine::kFramePointer) return false;
    offset = bytes.take_sleb();
    if (deref && bytes.take8() != DW_OP_deref) return false;
    return bytes.ok() && bytes.at() == end;
}

bool saved_bp_of(const Row& row, Span table, u32& value) {
    i64 offset = 0;
    switch (row.bp) {
        case SavedAs::same:
            value = Rule::kBpSame;
            return true;
        case SavedAs::at_offset:
            if (row.bp_offset >= 0 || row.bp_offset % 8 != 0) return false;
            value = static_cast<u32>(-i64{row.bp_offset} / 8);
            return value < Rule::kBpLost;
        case SavedAs::at_expression:
            value = Rule::kBpAtBp;
            return is_bp_expression(table, row.bp_offset, false, offset) && offset == 0;
        case SavedAs::undefined:
        case SavedAs::unsupported:
            value = Rule::kBpLost;
            return true;
        default:
            return false;
    }
}

constexpr i64 kLargestDistance = i64{Rule::kWords} * 8;

}  // namespace

Rule rule_of(const Row& row, Span table) {
    if (row.ra == SavedAs::undefined) return Rule{RuleKind::end};
    constexpr Rule kComplex{RuleKind::complex};
    u32 bp = 0;
    if (row.ra != SavedAs::at_offset || row.ra_offset != -8) return kComplex;
    if (!saved_bp_of(row, table, bp)) return kComplex;
    i64 distance = row.frame_offset;
    RuleKind kind = RuleKind::sp;
    switch (row.frame) {
        case FrameBy::stack_pointer:
            break;
        case FrameBy::frame_pointer:
            kind = RuleKind::bp;
            break;
        case FrameBy::expression:
            if (!is_bp_expression(table, row.frame_offset, true, distance)) return kComplex;
            if (distance < -kLargestDistance) return kComplex;
            kind = RuleKind::bp_deref;
            distance = -distance;
            break;
        default:
            return kComplex;
    }
    if (distance < 0 || distance > kLargestDistance || distance % 8 != 0) return kComplex;
    return Rule{kind, static_cast<u32>(distance / 8), bp};
}

}  // namespace mt::runtime::stack
