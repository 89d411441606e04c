/* SPDX-License-Identifier: MIT
 *
 * Variables of a library that is opened late: its thread-local ones do not fit behind those of
 * the program any more, so each thread gets them by malloc when it first asks for one. */
#include "leaky.h"

static void* data;
static __thread void* per_thread[512];

void** leaky_data(void) { return &data; }
void** leaky_thread_local(void) { return &per_thread[500]; }
