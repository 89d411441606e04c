/* SPDX-License-Identifier: MIT
 *
 * A heap as large as one likes: lists of a thousand nodes, each node with a pointer to some list
 * that is kept as well. The head of each list stands in one table, but for those of every
 * hundredth, which is lost. Arguments: how many nodes, bytes of each, and "dies" (by abort, for a
 * core) or not. Prints where the last node of the list in the middle is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST = 1000, LOST = 100, DEPTH = 12 };
struct node {
    struct node* next;
    struct node* any;
    unsigned char rest[];
};
static struct node** heads;
static uint64_t state = 1;

static uint64_t random_below(uint64_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % limit;
}

/* Each bit of the path is one of two call sites: 4096 tracebacks. */
__attribute__((noinline)) static void* allocate(size_t size, unsigned path, int depth) {
    void* block = 0;
    if (depth == 0) {
        block = malloc(size);
    } else if ((path >> (depth - 1) & 1) != 0) {
        block = allocate(size, path, depth - 1);
    } else {
        block = allocate(size, path, depth - 1);
    }
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}

static int is_lost(long list) { return list % LOST == LOST - 1; }

/* The head that is overwritten stays nowhere: not in a register, not in the stack's garbage. */
__attribute__((noinline)) static void lose_some(long lists) {
    for (long i = 0; i < lists; ++i)
        if (is_lost(i)) heads[i] = 0;
}

__attribute__((noinline)) static void* fill(long nodes, size_t size) {
    struct node* before = 0;
    for (long i = 0; i < nodes; ++i) {
        struct node* node = allocate(size, (unsigned)random_below(1 << DEPTH), DEPTH);
        if (node == 0) exit(3);
        memset(node, 1, size);
        node->next = 0;
        const uint64_t any = random_below((uint64_t)(i / LIST + 1));
        node->any = is_lost((long)any) ? 0 : heads[any];
        if (i % LIST == 0)
            heads[i / LIST] = node;
        else
            before->next = node;
        before = node;
    }
    return before;
}

__attribute__((noinline)) void full(void) { __asm__ volatile("" ::: "memory"); }

int main(int argc, char** argv) {
    const long lists = argc > 2 ? atol(argv[1]) / LIST : 0;
    const size_t size = argc > 2 ? (size_t)atol(argv[2]) : 0;
    if (lists < 1 || size < sizeof(struct node)) return 2;
    heads = calloc((size_t)lists, sizeof *heads);
    if (heads == 0) return 3;
    fill(lists * LIST, size);
    struct node* last = heads[lists / 2];
    while (last->next != 0) last = last->next;
    printf("%p\n", (void*)last);
    fflush(stdout);
    lose_some(lists);
    full();
    if (argc > 3) abort();
    return 0;
}
