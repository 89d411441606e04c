// SPDX-License-Identifier: MIT
//
// Blocks that one pointer holds, each in another kind of place. Of the two files that are named
// first, one gets commands for a debugger, mt refs for each block, and one a line for each of what
// that must say: the root, and each block on the way with its size, where it was allocated, and
// where in it the next pointer is.
//
// The only other copy of an address is its complement: each case has a frame of its own below
// main's, which is gone at the stop, and registers are cleared. Offsets and sizes of containers'
// nodes are those of libstdc++.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <any>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "leaky.h"
#include "leaky_stop.h"

// With names that others could use: so no compiler leaves out what is written to them.
namespace planted {

// What mt refs must say of one block.
class Plant {
  public:
    Plant& root(const char* format, ...) __attribute__((format(printf, 2, 3))) {
        va_list values;
        va_start(values, format);
        vsnprintf(root_, sizeof root_, format, values);
        va_end(values);
        return *this;
    }
    // A block on the way; the next pointer stands at `next` in it.
    Plant& through(std::size_t size, int line, std::size_t next, std::size_t inside = 0) {
        add(size, line, inside);
        next_ = static_cast<long>(next);
        return *this;
    }
    // As a pattern: libc's own lists have sizes of their own.
    Plant& through_others(const char* pattern) {
        used_ = snprintf(way_, sizeof way_, "%s", pattern);
        next_ = kAny;
        return *this;
    }
    Plant& inside(std::size_t offset) {
        inside_ = offset;
        return *this;
    }
    Plant& options(const char* text) {
        options_ = text;
        return *this;
    }

  private:
    friend void* hidden(int line, std::size_t size, void* block);
    friend void write_plants(const char* commands, const char* list);

    void add(std::size_t size, int line, std::size_t inside) {
        char from[24] = "", offset[24] = "";
        if (next_ == kAny) snprintf(from, sizeof from, "@* ");
        if (next_ >= 0) snprintf(from, sizeof from, "@%ld ", next_);
        if (inside != 0) snprintf(offset, sizeof offset, "+%zu", inside);
        used_ +=
            snprintf(way_ + used_, sizeof way_ - static_cast<std::size_t>(used_),
                     "%s%s%zu%s planted.cpp:%d", used_ == 0 ? "" : "; ", from, size, offset, line);
    }

    int line_ = 0;
    std::uintptr_t complement_ = 0;
    std::size_t size_ = 0, inside_ = 0;
    const char* options_ = "";
    char root_[200] = "", way_[400] = "";
    int used_ = 0;
    static constexpr long kNone = -1, kAny = -2;
    long next_ = kNone;
};
Plant plants[64];
int plant_count;

Plant& last() { return plants[plant_count - 1]; }

void* hidden(int line, std::size_t size, void* block) {
    Plant& one = plants[plant_count++];
    one.line_ = line;
    one.size_ = size;
    one.complement_ = ~reinterpret_cast<std::uintptr_t>(block);
    return block;
}
// With zeros, for what a free has left in it might lead anywhere.
#define PLANT(size) hidden(__LINE__, size, calloc(1, size))
#define IN_ITS_OWN_FRAME __attribute__((noinline))
void is_used(void* variable) { asm volatile("" ::"r"(variable) : "memory"); }

void write_plants(const char* commands, const char* list) {
    FILE *asked = fopen(commands, "w"), *said = fopen(list, "w");
    if (asked == nullptr || said == nullptr) abort();
    for (int i = 0; i < plant_count; ++i) {
        Plant& one = plants[i];
        one.add(one.size_, one.line_, one.inside_);
        fprintf(asked, "mt refs %#lx --json%s\n", ~one.complement_, one.options_);
        fprintf(said, "%s|%s\n", one.root_, one.way_);
    }
    fclose(asked);
    fclose(said);
}

// --- in variables

void* global;
void* table[5];
struct Keeper {
    static void* member;
    long other = 1;
    std::unique_ptr<char[]> owned;
};
void* Keeper::member;
Keeper keeper;
thread_local void* own;

IN_ITS_OWN_FRAME void hold_in_variables() {
    global = PLANT(101);
    last().root("data planted::global planted*");
    static void* kept;
    is_used(&kept);
    kept = PLANT(102);
    last().root("data planted::hold_in_variables()::kept planted*");
    Keeper::member = PLANT(103);
    last().root("data planted::Keeper::member planted*");
    table[3] = PLANT(104);
    last().root("data planted::table+24 planted*");
    keeper.owned.reset(new char[105]);
    hidden(__LINE__ - 1, 105, keeper.owned.get());
    last().root("data planted::keeper+8 planted*");
    own = PLANT(106);
    last().root("thread-local thread 1 %p", static_cast<void*>(&own));
}

leaky_place library_data, library_thread_local;

IN_ITS_OWN_FRAME void hold_in_libraries(const char* path) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == nullptr) abort();
    library_data = reinterpret_cast<leaky_place>(dlsym(library, "leaky_data"));
    library_thread_local = reinterpret_cast<leaky_place>(dlsym(library, "leaky_thread_local"));
    *library_data() = PLANT(111);
    last().root("data data libleaky_library.so");
    // glibc's list of handlers, whose name only its debug symbols have.
    on_exit([](int, void*) {}, PLANT(112));
    last().root("data *libc.so.6");
}

IN_ITS_OWN_FRAME void hold_in_keys() {
    pthread_key_t keys[50];
    for (pthread_key_t& key : keys) pthread_key_create(&key, nullptr);
    pthread_setspecific(keys[3], PLANT(115));
    last().root("thread-local thread 1 0x*");
    // Beyond the first 32, in a block of 32 others.
    pthread_setspecific(keys[45], PLANT(116));
    last().root("thread-local thread 1 0x*").through_others("512 planted.cpp:*");
}

// --- in memory of the program's own

void** map_pages(int flags, std::size_t pages) {
    return static_cast<void**>(
        mmap(nullptr, pages * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
}

IN_ITS_OWN_FRAME void hold_in_mappings() {
    for (const int flags : {MAP_PRIVATE, MAP_SHARED}) {
        void** place = map_pages(flags, 2) + 600;
        *place = PLANT(121);
        last().root("mapping %p", static_cast<void*>(place));
    }
    // An allocator of the program's, that nobody traces.
    static void** node;
    is_used(&node);
    node = map_pages(MAP_PRIVATE, 4) + 200;
    node[1] = map_pages(MAP_PRIVATE, 4) + 300;
    void** inner = static_cast<void**>(node[1]);
    inner[2] = PLANT(123);
    last().root("mapping %p", static_cast<void*>(inner + 2));
}

// --- in containers

struct Object {
    explicit Object(void* block) : held(block) {}
    long other = 1;
    void* held;
};
struct Shape {
    virtual ~Shape() = default;
    long number = 1;
};
struct Named {
    virtual ~Named() = default;
    void* held = nullptr;
};
struct Circle : Shape, Named {};
struct Failure {
    void* held;
};
// Of 10 elements, behind their number.
struct Element {
    ~Element() { held = nullptr; }
    void* held = nullptr;
};

std::map<int, void*> map;
std::unordered_map<int, void*> hash;
std::vector<void*> vector;
std::list<void*> list;
std::deque<void*> deque;  // allocates at once
constexpr int kDequeLine = __LINE__ - 1;
std::shared_ptr<Object> shared;
std::optional<std::unique_ptr<Object>> optional;
std::function<void*()> function;
std::any any;
std::exception_ptr failure;
Named* named;
Element* elements;

IN_ITS_OWN_FRAME void hold_in_containers() {
    map[7] = PLANT(131);
    last().root("data planted::map+16 planted*").through(48, __LINE__ - 1, 40);
    hash[7] = PLANT(132);
    last().root("data planted::hash+16 planted*").through(24, __LINE__ - 1, 16);
    vector.reserve(20);
    const int line = __LINE__ - 1;
    for (int i = 0; i < 11; ++i) vector.push_back(nullptr);
    vector[10] = PLANT(133);
    last().root("data planted::vector planted*").through(160, line, 80);
    list.push_back(PLANT(134));
    last().root("data planted::list* planted*").through(24, __LINE__ - 1, 16);
    deque.push_back(PLANT(135));
    last().root("data planted::deque+16 planted*").through(512, kDequeLine, 0);
}

IN_ITS_OWN_FRAME void hold_in_objects() {
    shared = std::make_shared<Object>(PLANT(141));
    last().root("data planted::shared planted*").through(32, __LINE__ - 1, 24, 16);
    optional = std::make_unique<Object>(PLANT(142));
    last().root("data planted::optional planted*").through(16, __LINE__ - 1, 8);
    void* block = PLANT(143);
    function = [block, number = 1L, other = 2L] { return number == other ? nullptr : block; };
    last().root("data planted::function planted*").through(24, __LINE__ - 1, 0);
    any = Object(PLANT(144));
    last().root("data planted::any+8 planted*").through(16, __LINE__ - 1, 8);
    failure = std::make_exception_ptr(Failure{PLANT(145)});
    last().root("data planted::failure planted*").through(136, __LINE__ - 1, 128, 128);
    auto* circle = new Circle;
    named = circle;
    named->held = PLANT(146);
    last().root("data planted::named planted*").through(sizeof(Circle), __LINE__ - 3, 24, 16);
    elements = new Element[10];
    elements[4].held = PLANT(147);
    last().root("data planted::elements planted*").through(88, __LINE__ - 2, 40, 8);
}

struct Node {
    long number;
    Node* next;
    void* held;
};
IN_ITS_OWN_FRAME void hold_in_a_list() {
    static Node* first;
    is_used(&first);
    Node** end = &first;
    for (int i = 0; i < 5; ++i) {
        *end = static_cast<Node*>(calloc(1, sizeof(Node)));
        end = &(*end)->next;
    }
    const int line = __LINE__ - 3;
    Node* node = first;
    for (int i = 0; i < 4; ++i) node = node->next;
    node->held = PLANT(151);
    last().root("data planted::hold_in_a_list()::first planted*");
    for (int i = 0; i < 5; ++i) last().through(sizeof(Node), line, i < 4 ? 8 : 16);
}

// --- by pointers that are none to the beginning

char* inside;
std::uintptr_t marked, tagged;

IN_ITS_OWN_FRAME void hold_by_other_pointers() {
    inside = static_cast<char*>(PLANT(161)) + 50;
    last().root("data planted::inside planted*").inside(50);
    marked = reinterpret_cast<std::uintptr_t>(PLANT(162)) | 2;
    last().root("data planted::marked planted*").inside(2).options(" --low-bits 3");
    tagged = reinterpret_cast<std::uintptr_t>(PLANT(163)) | std::uintptr_t{0x5a} << 56;
    last().root("data planted::tagged planted*").options(" --tag-mask 0xff00000000000000");
}

// --- in threads

std::atomic<int> waiting{0};

[[noreturn]] IN_ITS_OWN_FRAME void wait_for_the_end() {
    ++waiting;
    for (;;) pause();
}
IN_ITS_OWN_FRAME void go_deeper() {
    wait_for_the_end();
    is_used(nullptr);
}
IN_ITS_OWN_FRAME void hold_in_variables_of_a_thread() {
    own = PLANT(172);
    last().root("thread-local thread 2 %p", static_cast<void*>(&own));
    // Its memory of the loader's list of such memory.
    *library_thread_local() = PLANT(173);
    last()
        .root("thread-local thread 2*")
        .through_others("*+16 planted.cpp:*; @* 4* leaky_library.c:*");
}
void* hold_two_frames_up(void*) {
    hold_in_variables_of_a_thread();
    void* volatile held = PLANT(171);
    last().root("stack thread 2 %p", const_cast<void**>(&held));
    go_deeper();
    return held;
}

IN_ITS_OWN_FRAME void hold_in_threads() {
    pthread_t thread;
    pthread_create(&thread, nullptr, hold_two_frames_up, nullptr);
    while (waiting != 1) usleep(1000);
}

// --- by what is no memory, from the stop on

void *in_rbx, *in_xmm, *in_red_zone;

IN_ITS_OWN_FRAME void hold_in_registers() {
    const auto complement = [](void* block) {
        return reinterpret_cast<void*>(~reinterpret_cast<std::uintptr_t>(block));
    };
    in_rbx = complement(PLANT(181));
    last().root("register rbx thread 1");
    in_xmm = complement(PLANT(182));
    last().root("register xmm3?0? thread 1");
    in_red_zone = complement(PLANT(183));
    last().root("stack thread 1 0x*");
}

// --- by nothing

IN_ITS_OWN_FRAME void lose() {
    static void* gone;
    gone = PLANT(191);
    is_used(&gone);
    gone = nullptr;
    last().root("nothing");
    void** holder = static_cast<void**>(calloc(1, 64));
    const int line = __LINE__ - 1;
    holder[3] = PLANT(192);
    is_used(holder);
    last().root("none").through(64, line, 24);
}

}  // namespace planted

int main(int argc, char** argv) {
    using namespace planted;
    if (argc < 4) return 2;
    hold_in_variables();
    hold_in_libraries(argv[3]);
    hold_in_keys();
    hold_in_mappings();
    hold_in_containers();
    hold_in_objects();
    hold_in_a_list();
    hold_by_other_pointers();
    hold_in_threads();
    hold_in_registers();
    lose();
    void* volatile local = PLANT(201);
    last().root("stack thread 1 %p", const_cast<void**>(&local));
    write_plants(argv[1], argv[2]);
    clear_vector_registers();
    leaky_stop(&in_rbx, &in_xmm, &in_red_zone, nullptr, 0);
    return local == nullptr ? 1 : 0;
}
