/* SPDX-License-Identifier: MIT
 *
 * What a script in the debugger looks at, one phenomenon per run: the argument names
 * it, scripted_stop() is where the script looks. Comments in quotes name lines for the tests. */
#include <memtrace.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMebibyte = 1024 * 1024, kDepth = 12 };

void* object;
void* other;
void* many[100];

__attribute__((noinline)) void scripted_stop(void);
__attribute__((noinline)) void scripted_stop(void) { __asm__ volatile("nop" ::: "memory"); }

static void* make(size_t size) {
    void* made = malloc(size); /* "make" */
    return made;
}

static void* make_deep(int depth, size_t size) {
    void* made = depth == 1 ? make(size) : make_deep(depth - 1, size); /* "deeper" */
    return made;
}

/* Two tracebacks; a hundred blocks of one, then one of the other. */
static void objects(void) {
    scripted_stop();
    for (int i = 0; i < 100; ++i) many[i] = make(8); /* "many" */
    object = malloc(123);                            /* "object" */
    scripted_stop();
}

/* A block at the address of one that is gone. */
static void again(void) {
    scripted_stop();
    object = malloc(48); /* "first" */
    scripted_stop();
    free(object);
    other = malloc(48); /* "second" */
    scripted_stop();
}

/* The same deep stack, at each stop anew. */
static void deep(void) {
    for (int i = 0; i < 4; ++i) {
        scripted_stop();
        object = make_deep(kDepth, 16); /* "outermost" */
    }
    scripted_stop();
}

/* A mebibyte comes, goes, and comes. */
static void mebibyte(void) {
    scripted_stop();
    object = malloc(kMebibyte);
    scripted_stop();
    free(object);
    scripted_stop();
    object = malloc(kMebibyte);
    scripted_stop();
    other = malloc(100);
    scripted_stop();
}

/* Memory that is not the allocator's: a key that is no address. */
static void domains(void) {
    scripted_stop();
    memtrace_track(5, 77, 123); /* "tracked" */
    object = malloc(30);        /* "domain 0" */
    scripted_stop();
    memtrace_track(5, 77, 200); /* "tracked again" */
    scripted_stop();
    memtrace_untrack(5, 77);
    memtrace_untrack(5, 77);
    scripted_stop();
}

/* A child that allocates. */
static void forks(void) {
    scripted_stop();
    object = malloc(10); /* "parent" */
    scripted_stop();
    const pid_t child = fork();
    if (child == 0) {
        other = malloc(20); /* "child" */
        scripted_stop();
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char** argv) {
    static const struct {
        const char* name;
        void (*run)(void);
    } kPhenomena[] = {{"objects", objects},   {"again", again},     {"deep", deep},
                      {"mebibyte", mebibyte}, {"domains", domains}, {"forks", forks}};
    for (size_t i = 0; argc == 2 && i < sizeof kPhenomena / sizeof *kPhenomena; ++i)
        if (strcmp(argv[1], kPhenomena[i].name) == 0) {
            kPhenomena[i].run();
            return 0;
        }
    fprintf(stderr, "usage: scripted objects|again|deep|mebibyte|domains|forks\n");
    return 2;
}
