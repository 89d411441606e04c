/* SPDX-License-Identifier: MIT
 *
 * What the lessons share: the argument --idle-thread, which keeps a second
 * thread alive that does nothing (a lesson's figures must not change), and the
 * shape of a marker. Allocates only before the first marker. */
#ifndef MEMTRACE_TESTS_LESSON_H
#define MEMTRACE_TESTS_LESSON_H

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function to break on: has code of its own and is never merged or inlined. */
#define MARKER(name)                           \
    __attribute__((noinline)) void name(void); \
    __attribute__((noinline)) void name(void) { __asm__ volatile("nop" ::: "memory"); }

static sem_t lesson_idles;

static void* lesson_idle(void* unused) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL); /* signals are the main thread's */
    sem_post(&lesson_idles);
    while (pause() != 0) {
    }
    return unused;
}

/* Call first. Returns when the second thread, if it was asked for, is idle. */
static void lesson_begin(int argc, char** argv) {
    pthread_t thread;
    if (argc < 2) return;
    if (strcmp(argv[1], "--idle-thread") != 0 || argc > 2) {
        fprintf(stderr, "usage: %s [--idle-thread]\n", argv[0]);
        exit(2);
    }
    sem_init(&lesson_idles, 0, 0);
    if (pthread_create(&thread, NULL, lesson_idle, NULL) != 0) {
        fprintf(stderr, "%s: the idle thread could not be started\n", argv[0]);
        exit(1);
    }
    sem_wait(&lesson_idles);
}

#endif
