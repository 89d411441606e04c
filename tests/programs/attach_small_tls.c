/* SPDX-License-Identifier: MIT
 *
 * A library with as much thread-local memory as the runtime: copies of it take what is left. */
__thread long attach_small_words[2];
long* attach_small(void);
long* attach_small(void) { return attach_small_words; }
