// SPDX-License-Identifier: MIT
//
// What memtrace_scope_begin and _end mean: how much a thread did between them. What events
// keep for that is in journal/tops.h.
#ifndef MEMTRACE_FEATURES_SCOPES_H
#define MEMTRACE_FEATURES_SCOPES_H

#include "record/event.h"

namespace mt::runtime {

// memtrace.h: a token to end it with, or a refusal of nested.h. At most kMaxScopes are
// open in a thread. The end of one ends what began in it and has not ended.
int begin_scope(const char* name, const Caller& caller);
int end_scope(int token, const Caller& caller);

}  // namespace mt::runtime

#endif
