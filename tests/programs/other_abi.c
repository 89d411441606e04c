/* SPDX-License-Identifier: MIT
 *
 * A core library of another age: an adapter must refuse it by its number and
 * call nothing else. */
unsigned mtc_abi(void);
unsigned mtc_abi(void) { return 999; }
