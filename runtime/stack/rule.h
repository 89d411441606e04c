// SPDX-License-Identifier: MIT
//
// What a frame's rule is and how it is followed, which depends on the processor.
#ifndef MEMTRACE_STACK_RULE_H
#define MEMTRACE_STACK_RULE_H

#if defined(__x86_64__)
#include "stack/x86_64/rule.h"
#else
#error "memtrace: no rules for the frames of this architecture"
#endif

#endif
