// SPDX-License-Identifier: MIT
//
// Puts the rooms before it together: object, entry, row, rule. This is the whole
// cost of a frame that no cache knows.
#include "stack/derive.h"

#include "os/readable.h"
#include "stack/cfi.h"

namespace mt::runtime::stack {

namespace {

bool is_trampoline_at(u64 pc) {
    return machine::is_signal_trampoline(reinterpret_cast<const u8*>(pc));
}

// The same where no object says that there is code.
bool is_unknown_trampoline(u64 pc) {
    return os::are_readable(pc, machine::kTrampolineSize) && is_trampoline_at(pc);
}

bool is_known_trampoline(const Object& object, u64 pc) {
    const Span code = segment_of(object, pc);
    return code.contains(pc) && code.end - pc >= machine::kTrampolineSize && is_trampoline_at(pc);
}

enum class Place : u8 {
    described,  // the entry covers it
    signal,     // the trampoline that a signal handler returns to
    first,      // made up as a stack's first frame
    undescribed,
    outside,     // the same, and in no object
    unreadable,  // there is something that cannot be understood
};

// Right before a function, in no function: no call returns there. makecontext
// and its like put the address of their exit code where a first caller would be.
bool is_function_start(const Object& object, u64 pc, Entry& entry) {
    return find_entry(object, pc, entry) == Found::yes && entry.code == pc && entry.code_size > 0;
}

// Not inlined: what it keeps on the stack is gone before the program runs.
[[gnu::noinline]] Place find_place(u64 pc, Entry& entry) {
    Object object;
    if (!find_object(pc - 1, object)) {
        return is_unknown_trampoline(pc) ? Place::signal : Place::outside;
    }
    const Found found = find_entry(object, pc - 1, entry);
    if (found == Found::malformed) return Place::unreadable;
    if (found == Found::none || !entry.covers(pc - 1)) {
        if (is_function_start(object, pc, entry)) return Place::first;
        return is_unknown_trampoline(pc) ? Place::signal : Place::undescribed;
    }
    if (!entry.signal_frame) return Place::described;
    return is_known_trampoline(object, pc) ? Place::signal : Place::unreadable;
}

}  // namespace

Rule derive(u64 pc) {
    Entry entry;
    switch (find_place(pc, entry)) {
        case Place::described:
            break;
        case Place::signal:
            return Rule{RuleKind::signal};
        case Place::first:
            return Rule{RuleKind::end};
        case Place::undescribed:
            return Rule{RuleKind::no_cfi};
        case Place::outside:
            return Rule{RuleKind::no_cfi, 1};
        case Place::unreadable:
            return Rule{RuleKind::complex};
    }
    Row row;
    if (!find_row(entry, pc - 1, row)) return Rule{RuleKind::complex};
    return rule_of(row, entry.table);
}

bool derive_row(u64 pc, u64 followed, Row& row, Span& table) {
    Entry entry;
    if (find_place(pc, entry) != Place::described) return false;
    table = entry.table;
    return find_row(entry, pc - 1, row, followed);
}

}  // namespace mt::runtime::stack
