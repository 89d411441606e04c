// SPDX-License-Identifier: MIT
//
// The grammar of the variable MEMTRACE: N[,key=value]... Read by
// hand: hooks run before libc is ready. Knows no request.
#ifndef MEMTRACE_CONTROL_SETTING_H
#define MEMTRACE_CONTROL_SETTING_H

#include "abi/layout.h"

namespace mt::runtime {

struct Setting {
    abi::u16 frames = 0;        // 0 = off
    abi::u64 sample_bytes = 0;  // 0 = every allocation
    bool stamps = false;
    abi::u64 freed_blocks = 0;   // 0 = frees are not kept
    const char* file = nullptr;  // of the black box, in the text; nullptr = there is none
    abi::u32 file_length = 0;
};

// False: cannot be understood. Empty and "0" are off.
bool parse_setting(const char* text, Setting& setting);

}  // namespace mt::runtime

#endif
