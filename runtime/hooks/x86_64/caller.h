// SPDX-License-Identifier: MIT
//
// The registers of whoever called a hook, read from the hook's own frame: the
// System V ABI's frame record (saved rbp, return address) lies at rbp.
#ifndef MEMTRACE_HOOKS_X86_64_CALLER_H
#define MEMTRACE_HOOKS_X86_64_CALLER_H

#include "record/capture.h"

// Of what others call with their stack as it is: fibers and hand-written code do not always
// keep it aligned to 16, as the ABI asks (tests/programs/misaligned.c). One instruction.
#define MT_ANY_STACK force_align_arg_pointer

// Only in a function that is not inlined, keeps a frame pointer, and is entered
// by a tail jump from the exported name.
#define MT_CALLER                                                            \
    ::mt::runtime::Caller {                                                  \
        reinterpret_cast<mt::abi::u64>(__builtin_return_address(0)),         \
            reinterpret_cast<mt::abi::u64>(__builtin_frame_address(0)) + 16, \
            *static_cast<const mt::abi::u64*>(__builtin_frame_address(0))    \
    }

#endif
