// SPDX-License-Identifier: MIT
//
// A pointer to a block of each member of the malloc family, and pointers to what is no
// live block: a local variable, data, a block from before the start, one that was freed.
#include <malloc.h>
#include <memtrace.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_done)

struct Node {
    Node* next;
    char name[40];
};

static char *by_malloc, *by_calloc, *by_realloc, *by_reallocarray, *by_posix_memalign;
static char *by_aligned_alloc, *by_memalign, *by_valloc, *by_pvalloc, *by_strdup;
static char *by_new_array, *by_aligned_new, *by_nothrow, *large, *empty;
static Node *by_new, *head;
static char *from_before, *freed, *on_stack, *moved_from;
static int table[100];
static int* data_pointer = &table[7];
static void* key = reinterpret_cast<void*>(0x1234000);

void hold_c() {
    by_malloc = static_cast<char*>(malloc(100));
    by_calloc = static_cast<char*>(calloc(10, 20));
    by_realloc = static_cast<char*>(realloc(nullptr, 300));
    by_reallocarray = static_cast<char*>(reallocarray(nullptr, 4, 100));
    void* out = nullptr;
    if (posix_memalign(&out, 64, 500) == 0) by_posix_memalign = static_cast<char*>(out);
    by_aligned_alloc = static_cast<char*>(aligned_alloc(64, 640));
    by_memalign = static_cast<char*>(memalign(256, 700));
    by_valloc = static_cast<char*>(valloc(800));
    by_pvalloc = static_cast<char*>(pvalloc(900));
    by_strdup = strdup("nine bytes");
    large = static_cast<char*>(malloc(200u << 20));
    empty = static_cast<char*>(malloc(0));
}

void hold_cpp() {
    by_new = new Node();
    by_new_array = new char[1100];
    by_aligned_new = static_cast<char*>(::operator new (1200, std::align_val_t{64}));
    by_nothrow = new (std::nothrow) char[1300];
    head = new Node{by_new, "head"};
}

void let_go() {
    moved_from = static_cast<char*>(malloc(24));
    by_realloc = static_cast<char*>(realloc(by_realloc, 100000));
    freed = static_cast<char*>(malloc(3000));
    free(freed);
}

void work(char* local) {
    on_stack = local;
    hold_c();
    hold_cpp();
    let_go();
    memtrace_track(7, reinterpret_cast<std::uintptr_t>(key), 4096);
    lesson_done();
}

int main(int argc, char** argv) {
    char local[64] = "";
    lesson_begin(argc, argv);
    from_before = static_cast<char*>(malloc(60));
    lesson_ready();
    work(local);
    return data_pointer == nullptr;
}
