// SPDX-License-Identifier: MIT
//
// Picks how the architecture tells a hook who called it.
#ifndef MEMTRACE_HOOKS_CALLER_H
#define MEMTRACE_HOOKS_CALLER_H

#if defined(__x86_64__)
#include "hooks/x86_64/caller.h"
#else
#error "memtrace: no way to a hook's caller for this architecture"
#endif

#endif
