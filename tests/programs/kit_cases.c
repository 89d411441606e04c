/* SPDX-License-Identifier: MIT
 *
 * What the injection kit itself is tested with. Arguments: hang, to hang under a watchdog;
 * tell, to say whether the runtime is there, which no honest program does; stack, to
 * allocate on a stack of 4 KiB that is misaligned by 8; filter, to write under a filter. */
#include <memtrace.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"
#include "stacks.h"
#include "watchdog.h"

static _Alignas(16) char small[4096];
static uintptr_t entered;

static void take_address(void* unused) {
    (void)unused;
    entered = (uintptr_t)__builtin_frame_address(0);
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "hang") == 0) {
        watchdog(1);
        for (;;) pause();
    }
    if (strcmp(what, "tell") == 0) return memtrace_is_tracing() == 1 ? 3 : 4;
    if (strcmp(what, "storm") == 0) return (int)storm(5, 6);
    if (strcmp(what, "stack") == 0) {
        on_stack(small, sizeof small, 8, take_address, 0);
        /* The frame lies 16 bytes below what was given: return address, frame pointer. */
        return entered == (uintptr_t)(small + sizeof small) - 8 - 16 ? 0 : 5;
    }
    if (strcmp(what, "filter") == 0) {
        const int allowed[] = {SYS_write, SYS_exit_group};
        if (filter_all_but(allowed, 2, FILTER_REFUSES) != 0) return 6;
        if (getppid() != -1) return 7;
        return write(1, "ok\n", 3) == 3 ? 0 : 8;
    }
    return 1;
}
