/* SPDX-License-Identifier: MIT
 *
 * Something else that a user preloads; it must stay preloaded beside the runtime. */
int other_preload_is_here(void);
int other_preload_is_here(void) { return 1; }
