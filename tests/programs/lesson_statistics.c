/* SPDX-License-Identifier: MIT
 *
 * Statistics: many small blocks from one line, few large ones from others, and
 * blocks that are gone again. A report names each line with size, count, average. */
#include "lesson.h"

enum { kRows = 3002, kColumns = 12 };

static void* header;
static void* rows[kRows];
static void* columns[kColumns];

MARKER(lesson_ready)
MARKER(lesson_done)

static void read_header(void) { header = malloc(512); }

static void read_rows(void) {
    for (int i = 0; i < kRows; ++i) rows[i] = malloc(95);
}

static void* new_column(size_t cells) { return calloc(cells, 8); }

static void read_columns(void) {
    for (int i = 0; i < kColumns; ++i) columns[i] = new_column(i < 6 ? 100 : 1000);
}

static void scan(void) {
    char* line = malloc(4096);
    line = realloc(line, 65536);
    free(line);
}

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    lesson_ready();
    read_header();
    read_rows();
    read_columns();
    scan();
    lesson_done();
    for (int i = 0; i < kRows; ++i) free(rows[i]);
    for (int i = 0; i < kColumns; ++i) free(columns[i]);
    free(header);
    return 0;
}
