/* SPDX-License-Identifier: MIT
 *
 * Threads that take turns: one frees what another allocated, one ends before the
 * next begins to allocate, and two have one name. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "lesson.h"

enum { kRows = 10, kPages = 5, kCopies = 4 };

struct turn {
    sem_t begin, end;
    pthread_t thread;
};

static struct turn reading, writing, copying;
static void* rows[kRows];
static void* pages[kPages];
static void* copies[kCopies];
static void* order;
static volatile pid_t writer;
static void* answer;

MARKER(lesson_ready)
MARKER(lesson_read)
MARKER(lesson_done)

static void begin(struct turn* turn, const char* name) {
    while (sem_wait(&turn->begin) != 0) {
    }
    prctl(PR_SET_NAME, name);
}

static void* read_rows(void* unused) {
    begin(&reading, "reader");
    for (int i = 0; i < kRows; ++i) rows[i] = malloc(100);
    free(order);
    sem_post(&reading.end);
    while (pause() != 0) {
    }
    return unused;
}

static void* write_pages(void* unused) {
    begin(&writing, "writer");
    writer = (pid_t)syscall(SYS_gettid);
    for (int i = 0; i < kPages; ++i) pages[i] = malloc(1000);
    free(rows[0]);
    return unused;
}

static void* write_copies(void* unused) {
    begin(&copying, "writer");
    for (int i = 0; i < kCopies; ++i) copies[i] = malloc(2000);
    free(malloc(50));
    sem_post(&copying.end);
    while (pause() != 0) {
    }
    return unused;
}

/* Before the lesson: what libc allocates for a thread is not its subject. */
static void wait_for_turn(struct turn* turn, void* (*work)(void*)) {
    sem_init(&turn->begin, 0, 0);
    sem_init(&turn->end, 0, 0);
    if (pthread_create(&turn->thread, NULL, work, NULL) != 0) exit(1);
}

/* Until the kernel has forgotten it too: the next thread goes on in its place. */
static void wait_for_end(void) {
    pthread_join(writing.thread, NULL);
    while (syscall(SYS_tgkill, getpid(), writer, 0) == 0) usleep(1000);
}

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    wait_for_turn(&reading, read_rows);
    wait_for_turn(&writing, write_pages);
    wait_for_turn(&copying, write_copies);
    lesson_ready();
    order = malloc(400);
    sem_post(&reading.begin);
    sem_wait(&reading.end);
    lesson_read();
    sem_post(&writing.begin);
    wait_for_end();
    sem_post(&copying.begin);
    sem_wait(&copying.end);
    answer = malloc(30);
    lesson_done();
    return answer == NULL;
}
