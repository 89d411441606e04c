// SPDX-License-Identifier: MIT
//
// The step out of code without unwind information (a JIT's, hand-written): by the frame
// record that bp points to, where there is one. Loads nothing itself.
#ifndef MEMTRACE_STACK_FRAME_RECORD_H
#define MEMTRACE_STACK_FRAME_RECORD_H

#include "stack/bytes.h"
#include "stack/machine.h"

namespace mt::runtime::stack {

enum class Step : u8 {
    next,
    complete,  // the frame is the thread's first
    broken,    // nothing says who called
};

inline bool is_code(u64 pc) { return pc >= machine::kLowestCode && pc < machine::kUserEnd; }

// Does a call instruction end right before `pc`? Remembered in the rule cache (rule_cache.cpp); who
// asks for the first time asks the kernel whether the code can be read. A "yes" is believed from
// then on, without a load: code may be gone by now, or be other code. It is believed about words
// that look like return addresses, so at worst a traceback is wrong, and was before. A "no"
// about memory outside all objects is asked again now and then, for code may be made there.
bool follows_a_call(u64 pc);

// No frame of code without unwind information is larger, and what looks like one
// may be the frame pointer of another stack that a fiber was started from.
inline constexpr u64 kLargestFrame = u64{128} * 1024;

// A register that code uses for anything looks like a frame pointer now and then; a return
// address behind a call instruction does not come about by chance. Of `memory` it asks:
//   memory(address, value)      loads a word; false: may not
//   is_connected(low, high)     can all that lies between be read?
//   is_used_up(address)         is it the own stack's, and nothing of it there and above?
// A record that was the last counts as left behind: `at` is past it. After used_up it is not.
template <class Memory>
[[gnu::noinline]] Step step_by_record(machine::Registers& at, Memory memory) {
    // ld.so runs constructors from its first frame, which nothing describes.
    if (memory.is_used_up(at.sp + 16)) return Step::complete;
    const u64 record = at.bp;
    if (record < at.sp || record - at.sp > kLargestFrame) return Step::broken;
    if (!memory.is_connected(at.sp, record)) return Step::broken;
    machine::Registers caller = {0, record + 16, 0};
    if (!memory(record, caller.bp) || !memory(record + 8, caller.pc)) return Step::broken;
    caller.pc = machine::code_address(caller.pc);
    const bool is_last = caller.pc == 0 && caller.bp == 0;
    if (!is_last && (!is_code(caller.pc) || !follows_a_call(caller.pc))) return Step::broken;
    at = caller;
    return is_last ? Step::complete : Step::next;
}

}  // namespace mt::runtime::stack

#endif
