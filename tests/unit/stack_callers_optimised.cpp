// SPDX-License-Identifier: MIT
//
// The callers as a release build has them: -O2, no frame pointer, no tail calls
// (a tail call has no frame to compare).
#define MT_CALLERS optimised
#include "stack_callers.inc"
