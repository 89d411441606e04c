// SPDX-License-Identifier: MIT
//
// Blocks of which it is known what holds them: nothing, each other, or one place of each kind
// that a pointer can be in. The file that is named first gets a line for each: its source line,
// what mt leaks must say of it, bytes, and of a lost one bytes and number of what only it holds.
//
// A pointer that is left over anywhere would make a lost block a held one: so each case has a
// frame of its own below main's, which is gone at the stop, registers are cleared, and
// what only a register is to hold comes out of a complement at the last moment.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <variant>

#include "leaky.h"
#include "leaky_stop.h"

// A test that starts late starts here.
extern "C" __attribute__((noinline)) void leaky_begin() { asm volatile("nop" ::: "memory"); }

// With names that others could use: so no compiler leaves out what is written to them.
namespace leaky {

struct Case {
    int line;
    const char* kind;
    std::size_t size;
    std::size_t held_size, held_count;
};
Case cases[100];
int case_count;

void note(int line, const char* kind, std::size_t size, std::size_t held_size = 0,
          std::size_t held_count = 0) {
    cases[case_count++] = {line, kind, size, held_size, held_count};
}

// So that no compiler leaves out a block that nobody uses.
inline void** seen(void* block) {
    asm volatile("" : "+r"(block));
    return static_cast<void**>(block);
}
void is_used(void* variable) { asm volatile("" ::"r"(variable) : "memory"); }

// With zeros, for what a free has left in it might lead anywhere.
#define BLOCK(size) seen(calloc(1, size))
#define CASE(kind, size) (note(__LINE__, kind, size), BLOCK(size))
#define IN_ITS_OWN_FRAME __attribute__((noinline))

// --- held by what the program can see

void** early;  // from before leaky_begin
void* global;
void* global_of_none;
std::variant<int, std::unique_ptr<char[]>> variant;
thread_local void* thread_variable;

struct First {
    virtual ~First() = default;
    long number = 1;
};
struct Second {
    virtual ~Second() = default;
    long number = 2;
};
struct Both : First, Second {};
Second* second_base;

struct Destroyed {
    ~Destroyed() { global = nullptr; }
    char bytes[30];
};
Destroyed *with_cookie, *of_none;

IN_ITS_OWN_FRAME void hold_in_data() {
    early[3] = CASE("reachable", 601);
    global = CASE("reachable", 101);
    global_of_none = CASE("reachable", 0);
    static void* local;
    is_used(&local);
    local = CASE("reachable", 102);
    note(__LINE__ + 1, "reachable", 103);
    variant = std::unique_ptr<char[]>(new char[103]);
    thread_variable = CASE("reachable", 104);
    note(__LINE__ + 1, "reachable", sizeof(Both));
    second_base = new Both;
    note(__LINE__ + 1, "reachable", 8 + 13 * sizeof(Destroyed));
    with_cookie = new Destroyed[13];
    note(__LINE__ + 1, "reachable", 8);
    of_none = new Destroyed[static_cast<std::size_t>(case_count) * 0];
}

IN_ITS_OWN_FRAME void hold_in_a_list() {
    static void** first;
    is_used(&first);
    first = CASE("reachable", 111);
    void** second = CASE("reachable", 112);
    *first = second;
    *second = CASE("reachable", 113);
}

void** map_pages(int flags, std::size_t pages) {
    return static_cast<void**>(
        mmap(nullptr, pages * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
}

IN_ITS_OWN_FRAME void hold_in_mappings() {
    void** page = map_pages(MAP_PRIVATE, 1);
    page[100] = CASE("reachable", 121);
    page = map_pages(MAP_SHARED, 1);
    page[200] = CASE("reachable", 122);
    page = map_pages(MAP_PRIVATE, 1);
    page[300] = CASE("reachable", 123);
    mprotect(page, 4096, PROT_READ);
}

IN_ITS_OWN_FRAME void hold_in_keys() {
    pthread_key_t keys[50];
    for (pthread_key_t& key : keys) pthread_key_create(&key, nullptr);
    void** first = CASE("reachable", 131);
    void** second = CASE("reachable", 132);
    pthread_setspecific(keys[3], first);
    pthread_setspecific(keys[45], second);  // not among those that a thread has from the start
}

leaky_place library_data, library_thread_local;

IN_ITS_OWN_FRAME void hold_in_library(const char* path) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == nullptr) abort();
    library_data = reinterpret_cast<leaky_place>(dlsym(library, "leaky_data"));
    library_thread_local = reinterpret_cast<leaky_place>(dlsym(library, "leaky_thread_local"));
    *library_data() = CASE("reachable", 141);
    *library_thread_local() = CASE("reachable", 142);
}

// --- by other threads

std::atomic<int> waiting{0};

[[noreturn]] void wait_for_the_end() {
    ++waiting;
    for (;;) pause();
}

void* hold_on_a_stack(void*) {
    void* volatile held = CASE("reachable", 151);
    thread_variable = CASE("reachable", 152);
    *library_thread_local() = CASE("reachable", 153);
    if (held != nullptr) wait_for_the_end();
    return nullptr;
}

// Its stack pointer is elsewhere at the stop; what its own stack has still counts.
ucontext_t here, there;
void* hold_from_elsewhere(void*) {
    void* volatile held = CASE("reachable", 154);
    getcontext(&there);
    there.uc_stack.ss_sp = map_pages(MAP_PRIVATE, 16);
    there.uc_stack.ss_size = 16 * 4096;
    makecontext(
        &there, [] { wait_for_the_end(); }, 0);
    swapcontext(&here, &there);
    return held;
}

void* leave_on_a_stack_that_ends(void*) {
    void* volatile left[64];
    for (auto& one : left) one = nullptr;
    left[7] = CASE("definite", 155);
    return left[8];
}

IN_ITS_OWN_FRAME void hold_in_threads() {
    // One at a time: they share the list of cases.
    pthread_t thread;
    int number = 0;
    for (auto* run : {hold_on_a_stack, hold_from_elsewhere}) {
        pthread_create(&thread, nullptr, run, nullptr);
        for (++number; waiting != number;) usleep(1000);
    }
    // Last: another thread would get its stack.
    pthread_create(&thread, nullptr, leave_on_a_stack_that_ends, nullptr);
    pthread_join(thread, nullptr);
}

// --- by nothing

IN_ITS_OWN_FRAME void lose_plainly() {
    static void* gone;
    gone = CASE("definite", 201);
    is_used(&gone);
    gone = nullptr;
}

IN_ITS_OWN_FRAME void lose_a_list() {
    void** first = CASE("indirect", 212);
    *first = CASE("indirect", 213);
    note(__LINE__ + 1, "definite", 211, 212 + 213, 2);
    *BLOCK(211) = first;
}

IN_ITS_OWN_FRAME void lose_a_tree() {
    note(__LINE__ + 1, "definite", 221, 222 * 2 + 223, 3);
    void** root = BLOCK(221);
    for (int i = 0; i < 2; ++i) {
        void** child = CASE("indirect", 222);
        root[i] = child;
        child[0] = root;  // a pointer back changes nothing: it is lost as well
        if (i == 1) child[1] = CASE("indirect", 223);
    }
}

IN_ITS_OWN_FRAME void lose_a_cycle() {
    void** ring[3];
    for (int i = 0; i < 3; ++i) ring[i] = BLOCK(231);
    note(__LINE__ - 1, "definite", 231, 2 * 231 + 232, 3);
    note(__LINE__ - 2, "indirect", 2 * 231);
    for (int i = 0; i < 3; ++i) *ring[i] = ring[(i + 1) % 3];
    ring[1][1] = CASE("indirect", 232);
}

IN_ITS_OWN_FRAME void lose_itself() {
    void** self = CASE("definite", 241);
    *self = self;
}

IN_ITS_OWN_FRAME void lose_with_a_freed_holder() {
    void** holder = seen(malloc(1000));  // of a size that nobody gets later
    holder[20] = CASE("definite", 251);
    free(holder);
}

IN_ITS_OWN_FRAME void lose_to_arithmetic() {
    static std::uintptr_t links[3];
    is_used(links);
    const auto number = [](void* p) { return reinterpret_cast<std::uintptr_t>(p); };
    void** a = CASE("reachable", 261);
    void** b = CASE("reachable", 262);
    void** c = CASE("definite", 263);
    links[0] = number(a);
    *a = b;
    *b = reinterpret_cast<void*>(number(a) ^ number(c));
    *c = b;
    links[1] = number(CASE("definite", 264)) | std::uintptr_t{0x7f} << 56;
    links[2] = number(CASE("definite", 265)) + 265;  // one past the end
    *a = b;
}

struct __attribute__((packed)) Packed {
    char before;
    void* pointer;
};
Packed packed;

IN_ITS_OWN_FRAME void lose_to_a_packed_struct() { packed.pointer = CASE("definite", 271); }

IN_ITS_OWN_FRAME void lose_below_the_stack() {
    void* volatile left[1000];
    left[3] = CASE("definite", 281);
    left[4] = left[3];
}

// --- by pointers into the middle

char* inside;
std::uintptr_t tagged;

IN_ITS_OWN_FRAME void hold_by_the_middle() {
    void** block = CASE("possible", 301);
    *block = CASE("possible", 302);
    inside = reinterpret_cast<char*>(block) + 50;
    tagged = reinterpret_cast<std::uintptr_t>(CASE("possible", 303)) | 1;
}

// --- by what is no memory: complements until the stop

void *in_rbx, *in_xmm, *in_red_zone, *in_ymm;

IN_ITS_OWN_FRAME void* complement(void* block) {
    return reinterpret_cast<void*>(~reinterpret_cast<std::uintptr_t>(block));
}

IN_ITS_OWN_FRAME void hold_in_registers() {
    in_rbx = complement(CASE("reachable", 401));
    in_xmm = complement(CASE("reachable", 402));
    in_red_zone = complement(CASE("reachable", 403));
    if (__builtin_cpu_supports("avx")) in_ymm = complement(CASE("reachable", 404));
}

// The runtime's own memory knows the block of the last event best. It is noted before, for the
// list is a file by then.
constexpr int kLastLine = __LINE__ + 1;
IN_ITS_OWN_FRAME void lose_at_the_last_event() { *BLOCK(501) = nullptr; }

IN_ITS_OWN_FRAME void write_cases(const char* path) {
    FILE* file = fopen(path, "w");
    if (file == nullptr) abort();
    for (int i = 0; i < case_count; ++i)
        fprintf(file, "%d %s %zu %zu %zu\n", cases[i].line, cases[i].kind, cases[i].size,
                cases[i].held_size, cases[i].held_count);
    fclose(file);
}

IN_ITS_OWN_FRAME void make_cases(const char* library) {
    hold_in_data();
    hold_in_a_list();
    hold_in_mappings();
    hold_in_keys();
    hold_in_library(library);
    hold_in_threads();
    lose_plainly();
    lose_a_list();
    lose_a_tree();
    lose_a_cycle();
    lose_itself();
    lose_with_a_freed_holder();
    lose_to_arithmetic();
    lose_to_a_packed_struct();
    lose_below_the_stack();
    hold_by_the_middle();
    hold_in_registers();
}

}  // namespace leaky

int main(int argc, char** argv) {
    using namespace leaky;
    if (argc < 3) return 2;
    note(__LINE__ + 1, "reachable", 600);
    early = BLOCK(600);
    leaky_begin();
    make_cases(argv[2]);
    note(kLastLine, "definite", 501);
    write_cases(argv[1]);
    lose_at_the_last_event();
    clear_vector_registers();
    leaky_stop(&in_rbx, &in_xmm, &in_red_zone, in_ymm == nullptr ? nullptr : &in_ymm, argc > 3);
    return 0;
}
