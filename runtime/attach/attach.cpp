// SPDX-License-Identifier: MIT
//
// What a debugger calls in a process that was not prepared, by mt attach and mt detach: the two
// functions of the runtime that nobody else calls. Each takes nothing and gives a Redirection in
// its low half and the number of entries in the high one.
#include "attach/redirect.h"
#include "hooks/caller.h"
#include "hooks/real.h"

#define MT_CALLED extern "C" __attribute__((visibility("default"), MT_ANY_STACK))

namespace {

using namespace mt::runtime;

u64 told(const Outcome& outcome) {
    return u64{outcome.entries} << 32 | static_cast<u32>(outcome.what);
}

}  // namespace

MT_CALLED mt::abi::u64 memtrace_attach() { return told(redirect_entries()); }
MT_CALLED mt::abi::u64 memtrace_detach() { return told(restore_entries()); }
