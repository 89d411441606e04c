// SPDX-License-Identifier: MIT
//
// The callers as a debug build has them: compiled with -O0.
#define MT_CALLERS plain
#include "stack_callers.inc"
