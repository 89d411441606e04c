// SPDX-License-Identifier: MIT
#include "thread/escape.h"

namespace mt::runtime {
namespace {

struct WayOut {
    void* place[5];  // __builtin_setjmp's
    WayOut* outer;   // of what a signal handler has interrupted
};
__attribute__((tls_model("initial-exec"))) __thread WayOut* my_way_out = nullptr;

}  // namespace

bool has_escape() { return my_way_out != nullptr; }

[[gnu::noinline]] void escape() { __builtin_longjmp(my_way_out->place, 1); }

[[gnu::noinline]] bool run_with_escape(void (*run)(void*), void* what) {
    WayOut way{{}, my_way_out};
    if (__builtin_setjmp(way.place) != 0) {
        my_way_out = my_way_out->outer;
        return false;
    }
    my_way_out = &way;
    run(what);
    my_way_out = way.outer;
    return true;
}

}  // namespace mt::runtime
