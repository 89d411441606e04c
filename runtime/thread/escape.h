// SPDX-License-Identifier: MIT
//
// Where a thread goes on when the table that it looks at is lost, which happens to a black box
// whose file is cut: all that looks at the table while there is a box runs with_escape(). Knows no
// event; who finds out, and what is to be done then, is said elsewhere (control/lost_box.h).
#ifndef MEMTRACE_THREAD_ESCAPE_H
#define MEMTRACE_THREAD_ESCAPE_H

#include "table/box.h"

namespace mt::runtime {

// False: it was left in the midst, and the table is gone.
bool run_with_escape(void (*run)(void*), void* what);
// Has the thread a way out? Then it may take it, from a signal handler.
bool has_escape();
[[noreturn]] void escape();

// What `work` changes may be half done if the table is lost meanwhile. Nothing is done if it is.
template <typename F>
inline void with_escape(F&& work) {
    if (__builtin_expect(!black_box.is_open(), 1)) {
        if (!black_box.is_lost()) work();
        return;
    }
    run_with_escape([](void* what) { (*static_cast<F*>(what))(); }, &work);
}

}  // namespace mt::runtime

#endif
