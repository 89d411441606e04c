// SPDX-License-Identifier: MIT
//
// A method as a callback of mtc_debugger, for adapters in C++: `user` is the object. Knows no
// debugger.
#ifndef MEMTRACE_CORE_CALLBACK_H
#define MEMTRACE_CORE_CALLBACK_H

#include "memtrace_core.h"

namespace mt {

// No exception may cross into the core, which is C to an adapter.
template <auto Method, int Failed = MTC_ERROR>
struct Callback;

template <typename Adapter, typename Result, typename... Arguments,
          Result (Adapter::*Method)(Arguments...), int Failed>
struct Callback<Method, Failed> {
    static Result call(void* user, Arguments... arguments) noexcept {
        try {
            return (static_cast<Adapter*>(user)->*Method)(arguments...);
        } catch (...) {
            return static_cast<Result>(Failed);
        }
    }
};

}  // namespace mt

#endif
