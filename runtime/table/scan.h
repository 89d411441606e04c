// SPDX-License-Identifier: MIT
//
// Picks the architecture's
//
//     Scan scan(const u64* words, u64 address);
//
// `words`: kLineWords of them, aligned to 64 bytes. Each is read whole, at a moment of its own.
#ifndef MEMTRACE_TABLE_SCAN_H
#define MEMTRACE_TABLE_SCAN_H

#if defined(__x86_64__)
#include "table/x86_64/scan.h"
#else
#error "memtrace: no scan of block words for this architecture"
#endif

#endif
