// SPDX-License-Identifier: MIT
//
// The locks that a process has one of each, together: in a fork's child each is opened,
// and after a jump out of an event those that the thread held. Knows nothing of what
// they guard.
#ifndef MEMTRACE_GUARD_LOCKS_H
#define MEMTRACE_GUARD_LOCKS_H

#include "guard/lock.h"

namespace mt::runtime {

struct ProcessLocks {
    Lock states;   // which state is current, which wait to be given back
    Lock depot;    // new nodes and stacks
    Lock modules;  // new rows of the module log
    Lock scopes;   // new names
    Lock conditions;
    Lock box;  // ranges of the black box; asked for under any other

    void reset() {
        each([](Lock& lock) { lock.reset(); });
    }
    void release_mine() {
        each([](Lock& lock) { lock.release_if_mine(); });
    }

  private:
    template <typename F>
    void each(F&& f) {
        Lock* const all[] = {&states, &depot, &modules, &scopes, &conditions, &box};
        for (Lock* lock : all) f(*lock);
    }
};
inline constinit ProcessLocks process_locks __attribute__((visibility("hidden"))) = {};

}  // namespace mt::runtime

#endif
