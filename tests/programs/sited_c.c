// SPDX-License-Identifier: MIT
//
// The same in C, where malloc's void* becomes what it is assigned to. The file that is named first
// gets what each line's blocks are.
#include <stdlib.h>
#include <string.h>

#include "sited.h"

struct point {
    int x, y;
};
typedef struct {
    double real, imaginary;
} complex_number;
struct node {
    struct node* next;
    complex_number value;
};
union word {
    long number;
    char bytes[24];
};
struct text {
    size_t length;
    char letters[];
};
struct head {
    long a, b;
};
enum colour { red, green };

struct point* global_point;
static struct node* list_of_nodes;
struct {
    struct point* corner;
    complex_number* numbers[4];
} global;
void* anything;

__attribute__((noinline)) static void* xmalloc(size_t size) {
    void* memory = malloc(size);
    if (memory == NULL) abort();
    return memory;
}
__attribute__((noinline)) static void* through(size_t size) { return malloc(size); }
__attribute__((noinline)) static struct point* make_point(int x) {
    struct point* made = malloc(sizeof *made);
    if (made == NULL) return NULL;
    made->x = x;
    return made;
}
__attribute__((noinline)) static void take(struct node* node) { keep(node); }

int main(int argc, char** argv) {
    if (argc != 2 || (list = fopen(argv[1], "w")) == NULL) return 2;
    EXPECT("struct point");
    struct point* point = malloc(sizeof *point);
    keep(point);
    EXPECT("complex_number");
    complex_number* number = malloc(sizeof(complex_number));
    keep(number);
    EXPECT("struct point");
    global_point = malloc(sizeof *global_point);
    EXPECT("struct node");
    list_of_nodes = malloc(sizeof *list_of_nodes);
    if (list_of_nodes == NULL) return 1;
    EXPECT("struct node");
    list_of_nodes->next = calloc(1, sizeof *list_of_nodes);
    EXPECT("struct point");
    global.corner = malloc(sizeof(struct point));
    EXPECT("complex_number");
    global.numbers[2] = malloc(sizeof(complex_number));
    EXPECT("union word");
    union word* word = malloc(sizeof *word);
    keep(word);
    EXPECT("int[]");
    int* numbers = malloc(10 * sizeof *numbers);
    keep(numbers);
    EXPECT("double[]");
    double* reals = calloc(7, sizeof *reals);
    keep(reals);
    EXPECT("struct node*[]");
    struct node** nodes = malloc(5 * sizeof *nodes);
    keep(nodes);
    EXPECT("struct point");
    struct point* checked = xmalloc(sizeof *checked);
    keep(checked);
    EXPECT("struct point");
    struct point* handed = through(sizeof *handed);
    keep(handed);
    EXPECT("struct point");
    keep(make_point(3));
    EXPECT("struct node");
    take(malloc(sizeof(struct node)));
    EXPECT("enum colour[]");
    enum colour* colours = malloc(3 * sizeof *colours);
    keep(colours);
    // As large as three of its heads, or as one and what it heads.
    EXPECT("");
    struct head* head = malloc(3 * sizeof *head);
    keep(head);
    EXPECT("|struct text");
    struct text* text = malloc(sizeof *text + 16);
    keep(text);
    EXPECT("");
    anything = malloc(sizeof(struct node));
    keep(anything);
    EXPECT("");
    char* letters = malloc(64);
    keep(letters);
    // The number is not what was asked for.
    EXPECT("|struct head");
    long* first = &((struct head*)malloc(sizeof(struct head)))->a;
    keep(first);
    fclose(list);
    typed_done();
    return 0;
}
