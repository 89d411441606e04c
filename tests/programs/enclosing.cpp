// SPDX-License-Identifier: MIT
//
// Functions that are written inside others: methods of local classes, lambdas, a lambda
// in a lambda, in a template, in a method. The function around them did not call all of
// them: thread_main runs on a thread, where neither main nor anything of main's is below
// it. Each is told apart from the others, and nothing is charged twice.
#include <pthread.h>

#include <cstdlib>

extern "C" __attribute__((noinline)) void enclosing_ready() { asm volatile("nop" ::: "memory"); }
extern "C" __attribute__((noinline)) void enclosing_alone() { asm volatile("nop" ::: "memory"); }
extern "C" __attribute__((noinline)) void enclosing_done() { asm volatile("nop" ::: "memory"); }

namespace {

void* volatile kept[32];
int next_kept;

#define KEEP(size) (kept[next_kept++] = std::malloc(size))

template <typename Callback>
__attribute__((noinline)) void call(Callback callback) {
    callback();
    asm volatile("nop" ::: "memory");
}

struct Shop {
    __attribute__((noinline)) void open(std::size_t size) {
        struct Door {
            __attribute__((noinline)) static void paint(std::size_t n) { KEEP(n); }
        };
        Door::paint(size);
        call([size] { KEEP(size + 1); });
        call([size] { KEEP(size + 2); });
    }
};

template <typename T>
__attribute__((noinline)) void stock(T size) {
    struct Shelf {
        __attribute__((noinline)) void fill(T n) { KEEP(n); }
    } shelf;
    shelf.fill(size);
    auto label = [](auto n) __attribute__((noinline)) { KEEP(n); };
    label(size + 1);
}

}  // namespace

int main() {
    enclosing_ready();
    struct Worker {
        static void* thread_main(void*) {
            KEEP(100000);
            return nullptr;
        }
    };
    pthread_t thread;
    pthread_create(&thread, nullptr, Worker::thread_main, nullptr);
    pthread_join(thread, nullptr);
    enclosing_alone();
    auto first = [](std::size_t n) __attribute__((noinline)) { KEEP(n); };
    auto second = [](std::size_t n) __attribute__((noinline)) { KEEP(n); };
    first(2000);
    second(3000);
    auto outer = [](std::size_t n) __attribute__((noinline)) {
        KEEP(n);
        auto inner = [](std::size_t m) __attribute__((noinline)) { KEEP(m); };
        inner(n + 1);
    };
    outer(4000);
    Shop().open(5000);
    stock(6000);
    stock(7000L);
    enclosing_done();
    return 0;
}
