/* SPDX-License-Identifier: MIT
 *
 * What tests/programs/boxed_storm.c says of its slots, each a ledger_block: its `order` is one of
 * these. Plain constants. */
#ifndef MEMTRACE_TESTS_BOXED_STORM_H
#define MEMTRACE_TESTS_BOXED_STORM_H

#include "ledger.h"

enum { SLOT_EMPTY = 0, SLOT_HELD = 1, SLOT_COMES = 2, SLOT_GOES = 3 };
#define BOXED_SLOTS 2000u
/* No block of libc's or the loader's has such a size. */
#define BOXED_SIZE 23000u
#define BOXED_SIZES 4000u

#endif
