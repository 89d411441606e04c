/* SPDX-License-Identifier: MIT
 *
 * What torture_library.c calls, in a library of its own. */
__attribute__((visibility("default"))) void torture_elsewhere(void);
void torture_elsewhere(void) {}
