/* SPDX-License-Identifier: MIT
 *
 * A thousand blocks that stay, then a stop, then four threads that allocate, resize and
 * free until they are killed: whoever reads the table meanwhile must still find the
 * thousand, each once and of its size. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "ledger.h"
#include "watchdog.h"

enum { THREADS = 4, KEPT = 1000 };
static void* kept[KEPT];

static void* churn(void* argument) {
    unsigned long state = (unsigned long)(size_t)argument;
    void* slots[64] = {0};
    for (;;) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        void** slot = &slots[state >> 58];
        const size_t size = 1 + (state >> 33) % 3000;
        if ((state >> 20) % 4 == 0) {
            void* grown = realloc(*slot, size);
            if (grown != NULL) *slot = grown;
        } else {
            free(*slot);
            *slot = malloc(size);
        }
    }
    return NULL;
}

int main(void) {
    struct ledger* book = ledger_open();
    pthread_t threads[THREADS];
    if (book == NULL) return 2;
    for (size_t i = 0; i < KEPT; ++i) {
        kept[i] = malloc(10000 + i);
        ledger_add(book, kept[i], 10000 + i);
    }
    raise(SIGSTOP);
    watchdog(250);
    for (size_t i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, churn, (void*)(i + 1));
    pthread_join(threads[0], NULL);
    return 0;
}
