/* SPDX-License-Identifier: MIT
 *
 * A library whose constructor waits: the loader's lock is held meanwhile. */
void attach_cases_constructor(void);

__attribute__((constructor)) static void wait_here(void) { attach_cases_constructor(); }
