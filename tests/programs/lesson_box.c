/* SPDX-License-Identifier: MIT
 *
 * A server that keeps a session for each request and reads its settings once; then it is killed as
 * the OOM killer does it, or stays with the argument "stay". */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
    struct session* next;
    char* page;
};
static struct session* sessions;
static char* settings;

static void read_settings(void) {
    settings = malloc(4000);
    memset(settings, 's', 4000);
}

static char* make_page(size_t bytes) {
    char* page = malloc(bytes);
    memset(page, 'p', bytes);
    return page;
}

static void keep_session(size_t bytes) {
    struct session* session = malloc(sizeof *session);
    session->page = make_page(bytes);
    session->next = sessions;
    sessions = session;
}

static void answer_request(int number) {
    char* scratch = malloc(100);
    memset(scratch, number, 100);
    keep_session(100000);
    free(scratch);
}

int main(int argc, char** argv) {
    read_settings();
    for (int i = 0; i < 300; ++i) answer_request(i);
    while (argc > 1 && strcmp(argv[1], "stay") == 0) pause();
    kill(getpid(), SIGKILL);
    return settings == NULL;
}
