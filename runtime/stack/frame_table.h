// SPDX-License-Identifier: MIT
//
// Finds the entry of .eh_frame that covers an address and decodes its header
// (CIE and FDE). Every byte is read inside the object's own segment. What the
// entry's programs mean is the next room's (cfi.h).
#ifndef MEMTRACE_STACK_FRAME_TABLE_H
#define MEMTRACE_STACK_FRAME_TABLE_H

#include "stack/objects.h"

namespace mt::runtime::stack {

// Kept small: it is the largest thing on the stack while a walk looks for a rule.
struct Entry {
    Span table;  // what the tables may be read from
    u64 code;    // first address of the code that it covers
    u64 code_size;
    u32 initial;  // the CIE's program and the FDE's, as distances from table.start
    u32 initial_size;
    u32 program;
    u32 program_size;
    u16 code_align;
    std::int16_t data_align;
    u8 pointer_encoding;
    bool signal_frame;

    bool covers(u64 pc) const { return pc - code < code_size; }
    Span part(u32 distance, u32 size) const {
        return {table.start + distance, table.start + distance + size};
    }
};

enum class Found : u8 {
    yes,
    none,       // nothing covers the address
    malformed,  // the tables cannot be understood
};

// Decodes the entry (FDE) at `address`.
Found read_entry(Span table, u64 address, Entry& entry);
// The only entry that may cover pc; whether it does is the caller's to ask.
Found find_entry(const Object& object, u64 pc, Entry& entry);

}  // namespace mt::runtime::stack

#endif
