// SPDX-License-Identifier: MIT
//
// One step outwards per frame, by the frame's rule (rule.h), or without one by its
// whole row. What holds at every step:
// the new frame begins above the old stack pointer (but for a signal, which may
// have changed stacks), it is aligned, and every load went through the view.
#include "stack/walker.h"

#include "stack/derive.h"
#include "stack/expression.h"
#include "stack/rule_cache.h"

namespace mt::runtime::stack {

namespace {

u64 plus(u64 base, i32 offset) { return base + static_cast<u64>(i64{offset}); }

// The ways to step are not inlined: while a rule is looked for, which takes most
// stack, none of what they keep is on it.
class Walker {
  public:
    explicit Walker(Window& own) : own_(own) {}

    // `extra` is a register to follow beside the usual ones.
    Walk run(u64 pc, u64 sp, u64 bp, u64* pcs, u32 limit, u8 extra) {
        frame_ = Frame{{pc, sp, bp}, 0, 0, extra, false, kNoRegister};
        view_.enter(own_, sp);
        pcs[0] = pc;
        for (u32 count = 1;; ++count) {
            switch (step()) {
                case Step::next:
                    break;
                case Step::complete:
                    return {count, WalkEnd::complete};
                case Step::broken:
                    return {count, WalkEnd::broken};
            }
            if (count == limit) return {count, WalkEnd::cut};
            pcs[count] = frame_.pc;
        }
    }

    // Does the way out lead to a frame further down in memory? True also where it cannot
    // be followed to its end.
    bool descends(u64 pc, u64 sp, u64 bp) {
        constexpr u32 kMostFrames = 10'000;
        frame_ = Frame{{pc, sp, bp}, 0, 0, kNoRegister, false, kNoRegister};
        view_.enter(own_, sp);
        for (u32 count = 0; count < kMostFrames; ++count) {
            const u64 inner = frame_.sp;
            const Step way = step();
            if (way != Step::next) return way != Step::complete;
            if (frame_.sp < inner) return true;
        }
        return true;
    }

    // The register that a frame counted from without the walk knowing it.
    u8 missing() const { return frame_.missing; }

  private:
    Step step() {
        const Rule rule = find_rule(frame_.pc);
        switch (rule.kind()) {
            case RuleKind::no_cfi:
                frame_.extra_known = false;
                return step_by_rule(rule);
            case RuleKind::complex:
                return step_with_tables();
            case RuleKind::end:
            case RuleKind::signal:
                return step_by_rule(rule);
            default:  // of registers that are saved a word says nothing but where bp is
                if (frame_.extra_number != kNoRegister) return step_with_tables();
                return step_by_rule(rule);
        }
    }

    [[gnu::noinline]] Step step_with_tables() {
        Row row;
        Span table;
        if (!derive_row(frame_.pc, machine::kFramePointer, row, table)) return Step::broken;
        if (frame_.extra_number == kNoRegister) return step_by_row(row, table);
        Row extra;
        u64 value = 0;
        const bool known = derive_row(frame_.pc, frame_.extra_number, extra, table) &&
                           extra_value(extra, table, value);
        const Step step = step_by_row(row, table);
        frame_.extra = value;
        frame_.extra_known = known;
        return step;
    }

    [[gnu::noinline]] Step step_by_rule(Rule rule) {
        const u64 inner = frame_.sp;
        bool interrupted = frame_.context != 0;
        const Step step = stack::step_by_rule(rule, frame_, interrupted, Memory{*this});
        if (step != Step::next) return step;
        frame_.context = 0;
        if (interrupted) enter_interrupted_code(inner);
        return step;
    }

    // The kernel stored all its registers at `context`. They may be on another stack, so
    // the view begins anew.
    void enter_interrupted_code(u64 context) {
        frame_.context = context;
        frame_.extra_known = false;
        view_.enter(own_, frame_.sp);
    }

    [[gnu::noinline]] Step step_by_row(Row row, Span table) {
        u64 start = 0;
        if (!frame_start(row, table, start)) return Step::broken;
        if (row.ra == SavedAs::same) return Step::broken;
        if (!leads_out(frame_.sp, start, frame_.context != 0)) return Step::broken;
        u64 pc = 0;
        u64 bp = frame_.bp;
        if (!saved_value(row.ra, row.ra_offset, start, table, pc)) return Step::broken;
        if (!saved_value(row.bp, row.bp_offset, start, table, bp)) bp = 0;
        return go_to(machine::code_address(pc), start, bp);
    }

    [[gnu::always_inline]] inline bool frame_start(const Row& row, Span table, u64& start) {
        u64 number = row.frame_register;
        switch (row.frame) {
            case FrameBy::stack_pointer:
                number = machine::kStackPointer;
                break;
            case FrameBy::frame_pointer:
                number = machine::kFramePointer;
                break;
            case FrameBy::other_register:
                break;
            case FrameBy::expression:
                return evaluate(table, plus(table.start, row.frame_offset), frame_, view_, nullptr,
                                start);
            default:
                return false;
        }
        if (!read_register(frame_, number, start)) {
            if (machine::is_preserved(number)) frame_.missing = static_cast<u8>(number);
            return false;
        }
        start = plus(start, row.frame_offset);
        return true;
    }

    // A register by its whole row; false = cannot be found.
    [[gnu::always_inline]] inline bool saved_value(SavedAs as, i32 offset, u64 start, Span table,
                                                   u64& value) {
        switch (as) {
            case SavedAs::same:
                return true;
            case SavedAs::is_offset:
                value = plus(start, offset);
                return true;
            case SavedAs::at_offset:
                return load(plus(start, offset), value);
            case SavedAs::in_register:
                return read_register(frame_, plus(0, offset), value);
            case SavedAs::is_expression:
                return evaluate(table, plus(table.start, offset), frame_, view_, &start, value);
            case SavedAs::at_expression: {
                u64 address = 0;
                return evaluate(table, plus(table.start, offset), frame_, view_, &start, address) &&
                       load(address, value);
            }
            default:
                return false;
        }
    }

    // What the caller has in the register that this walk follows too.
    [[gnu::noinline]] bool extra_value(const Row& row, Span table, u64& value) {
        u64 start = 0;
        const bool known = read_register(frame_, frame_.extra_number, value);
        return frame_start(row, table, start) && (known || row.bp != SavedAs::same) &&
               saved_value(row.bp, row.bp_offset, start, table, value);
    }

    Step go_to(u64 pc, u64 sp, u64 bp) {
        if (pc == 0) return Step::complete;
        if (!is_code(pc)) return Step::broken;
        frame_.pc = pc;
        frame_.sp = sp;
        frame_.bp = bp;
        frame_.context = 0;
        return Step::next;
    }

    struct Memory {
        Walker& walker;
        bool operator()(u64 address, u64& value) const { return walker.load(address, value); }
        bool is_connected(u64 low, u64 high) const { return walker.view_.is_connected(low, high); }
        bool is_used_up(u64 address) const { return walker.view_.is_used_up(address); }
    };

    // Whatever lies below the stack pointer belongs to frames that are gone.
    bool load(u64 address, u64& value) {
        return address >= frame_.sp - machine::kRedZone && view_.load(address, value);
    }

    Window& own_;
    Frame frame_;
    View view_;
};

}  // namespace

Walk walk(Window& own, u64 pc, u64 sp, u64 bp, u64* pcs, u32 limit) {
    if (limit == 0) return {0, WalkEnd::cut};
    Walker walker{own};
    const Walk first = walker.run(pc, sp, bp, pcs, limit, kNoRegister);
    if (walker.missing() == kNoRegister) return first;
    // The loader's lazy binding counts its frame from rbx. Once more from the
    // start, following that register too; frames in between have saved it.
    return walker.run(pc, sp, bp, pcs, limit, walker.missing());
}

bool may_be_above_interrupted_code() {
    Window own{};
    const auto* here = static_cast<const u64*>(__builtin_frame_address(0));
    return Walker{own}.descends(here[1], reinterpret_cast<u64>(here + 2), here[0]);
}

}  // namespace mt::runtime::stack
