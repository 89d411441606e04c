/* SPDX-License-Identifier: MIT
 *
 * Ends a program that hangs, and says how long a storm lasts. C, for every debuggee;
 * must not allocate. */
#ifndef MEMTRACE_TESTS_WATCHDOG_H
#define MEMTRACE_TESTS_WATCHDOG_H

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WATCHDOG_STATUS 124
#define STORM_VARIABLE "MEMTRACE_TEST_LONG"

static inline void watchdog_bites(int number) {
    static const char text[] = "watchdog: the program hangs\n";
    (void)number;
    if (write(2, text, sizeof text - 1) < 0) _exit(WATCHDOG_STATUS - 1);
    _exit(WATCHDOG_STATUS);
}

/* A child of fork inherits the handler but no alarm: it calls this again. */
static inline void watchdog(unsigned seconds) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = watchdog_bites;
    sigaction(SIGALRM, &action, 0);
    alarm(seconds);
}

/* `brief` in each run of the tests, `lengthy` in those of scripts/check --long. */
static inline long storm(long brief, long lengthy) {
    const char* value = getenv(STORM_VARIABLE);
    return value != 0 && *value != '\0' && *value != '0' ? lengthy : brief;
}

#endif
