// SPDX-License-Identifier: MIT
//
// Chooses what the walker must know about the processor. Everything that
// depends on it stands in a folder named after it.
#ifndef MEMTRACE_STACK_MACHINE_H
#define MEMTRACE_STACK_MACHINE_H

#if defined(__x86_64__)
#include "stack/x86_64/machine.h"
#else
#error "memtrace: the stack walker does not know this architecture"
#endif

#endif
