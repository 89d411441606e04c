// SPDX-License-Identifier: MIT
//
// Picks the architecture's single instructions.
#ifndef MEMTRACE_OS_CPU_H
#define MEMTRACE_OS_CPU_H

#if defined(__x86_64__)
#include "os/x86_64/cpu.h"
#else
#error "memtrace: unknown architecture"
#endif

#endif
