// SPDX-License-Identifier: MIT
//
// More than one stack: signal handlers, fibers, coroutines inside another
// function's frame, threads.
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "stack_capture.h"
#include "torture.h"

// Works for a while with its return address in a register and no frame at all.
extern "C" void torture_popped();
asm(R"(
    .pushsection .text
torture_popped:
    .cfi_startproc
    pop %rcx
    .cfi_def_cfa_offset 0
    .cfi_register %rip, %rcx
    mov $50000, %eax
1:  dec %eax
    jnz 1b
    jmp *%rcx
    .cfi_endproc
    .popsection
)");

namespace torture {
namespace {

namespace plain = mt::test::plain;
namespace optimised = mt::test::optimised;

constexpr int kSignals = 300;  // of each kind
constexpr unsigned kStackSize = 256 * 1024;

volatile sig_atomic_t real_handled;
volatile sig_atomic_t virtual_handled;
volatile sig_atomic_t raised_handled;
volatile unsigned long work;

void on_raised(int) {
    raised_handled = raised_handled + 1;
    allocate_deeper();
}
void on_real(int) {
    real_handled = real_handled + 1;
    allocate_deeper();
    if (real_handled % 8 == 0) raise(SIGUSR1);
}
void on_virtual(int) {
    virtual_handled = virtual_handled + 1;
    plain::nested(static_cast<unsigned>(virtual_handled) % 5, allocate);
    if (virtual_handled % 8 == 0) raise(SIGUSR2);
}

void install(int number, void (*handler)(int), int flags) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags | SA_RESTART;
    // A handler that allocates must not interrupt one that does.
    sigaddset(&action.sa_mask, SIGALRM);
    sigaddset(&action.sa_mask, SIGVTALRM);
    sigaction(number, &action, nullptr);
}

void set_timer(int which, long microseconds) {
    itimerval timer = {};
    timer.it_value.tv_usec = timer.it_interval.tv_usec = microseconds;
    check(setitimer(which, &timer, nullptr) == 0, "setitimer");
}

// Nothing in here may allocate: libc's malloc is not to be interrupted by a
// handler that calls it.
void spin() {
    char from[300];
    char to[300];
    timespec now;
    for (unsigned i = 0; i < 50; ++i) {
        std::memset(from, static_cast<int>(i), sizeof from);
        std::memcpy(to, from, sizeof to);
        clock_gettime(CLOCK_MONOTONIC, &now);
        work = work + std::strlen("text") + static_cast<unsigned>(to[i]) +
               static_cast<unsigned long>(now.tv_nsec);
    }
}

sig_atomic_t goal;

void until_goal() {
    while (real_handled < goal || virtual_handled < goal) {
        in_quiet_frames(spin);
        in_undescribed_frames(spin);
        optimised::nested(30, spin);
        plain::nested(280, spin);
        torture_popped();
        optimised::nested(2, torture_popped);
    }
}

ucontext_t main_context;
ucontext_t fiber_contexts[8];
volatile unsigned switches;

// Every fiber gives way in the middle of a stack of its own depth.
void give_way() {
    const unsigned me = switches % 8;
    allocate();
    swapcontext(&fiber_contexts[me], &main_context);
    allocate_deeper();
}

void run_fiber(int depth) {
    for (unsigned i = 0; i < 4; ++i) {
        plain::nested(static_cast<unsigned>(depth) + i, give_way);
        in_quiet_frames(allocate);
    }
}

void make(ucontext_t& context, void* stack, std::size_t size, int depth) {
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = size;
    context.uc_link = &main_context;
    makecontext(&context, reinterpret_cast<void (*)()>(run_fiber), 1, depth);
}

struct Mapping {
    Mapping() {
        memory =
            mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "mmap of a stack");
    }
    ~Mapping() { munmap(memory, kStackSize); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    void* memory;
};

// All fibers by turns, from main frames of different depth, until they end.
void run_all(unsigned fibers_in_use) {
    for (unsigned turn = 0; turn < 5 * fibers_in_use; ++turn) {
        switches = turn % fibers_in_use;
        const auto go = [] { swapcontext(&main_context, &fiber_contexts[switches % 8]); };
        plain::nested(turn % 3, go);
        allocate();
    }
}

// A coroutine's stack in the frame of the function that runs it.
[[gnu::noinline]] void inside_a_frame() {
    alignas(16) char stack[kStackSize];
    make(fiber_contexts[0], stack, sizeof stack, 3);
    run_all(1);
    allocate();
}

void* on_given_stack(void* depth) {
    plain::nested(static_cast<unsigned>(reinterpret_cast<unsigned long>(depth)), allocate_deeper);
    in_quiet_frames(allocate);
    return nullptr;
}

// A thread whose stack is gone once it has ended, and another one at its place.
void run_on_given_stack(unsigned depth) {
    const Mapping stack;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack.memory, kStackSize);
    pthread_t thread;
    void* argument = reinterpret_cast<void*>(static_cast<unsigned long>(depth));
    check(pthread_create(&thread, &attributes, on_given_stack, argument) == 0, "pthread_create");
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

void on_thread(unsigned number) {
    for (unsigned round = 0; round < 20; ++round) {
        optimised::nested(number * 10, allocate_deeper);
        in_quiet_frames(allocate);
        in_undescribed_frames(allocate);
        optimised::in_catch(allocate);
        plain::in_cleanup(allocate);
    }
}

}  // namespace

namespace {

void use_alternate_stack(void* memory) {
    stack_t stack = {};
    stack.ss_sp = memory;
    stack.ss_size = kStackSize;
    stack.ss_flags = memory == nullptr ? SS_DISABLE : 0;
    check(sigaltstack(&stack, nullptr) == 0, "sigaltstack");
}

// The fiber's stack is one of its own, the handlers' lies in this frame.
void signals_on_a_fiber() {
    char alternate[kStackSize];
    use_alternate_stack(alternate);
    const Mapping fiber;
    make(fiber_contexts[0], fiber.memory, kStackSize, 0);
    makecontext(&fiber_contexts[0], until_goal, 0);
    swapcontext(&main_context, &fiber_contexts[0]);
    use_alternate_stack(nullptr);
}

}  // namespace

void signals() {
    const auto alternate = std::make_unique<char[]>(kStackSize);
    use_alternate_stack(alternate.get());
    install(SIGALRM, on_real, SA_ONSTACK);
    install(SIGVTALRM, on_virtual, 0);
    install(SIGUSR1, on_raised, 0);           // on whichever stack it is raised
    install(SIGUSR2, on_raised, SA_ONSTACK);  // from the own stack to the other
    set_timer(ITIMER_REAL, 701);
    set_timer(ITIMER_VIRTUAL, 1009);
    goal = kSignals;
    until_goal();
    goal = kSignals + 100;
    signals_on_a_fiber();
    set_timer(ITIMER_REAL, 0);
    set_timer(ITIMER_VIRTUAL, 0);
    check(raised_handled >= 50, "raised signals");
}

unsigned signals_handled() {
    return static_cast<unsigned>(real_handled) + static_cast<unsigned>(virtual_handled) +
           static_cast<unsigned>(raised_handled);
}

void fibers() {
    for (unsigned round = 0; round < 5; ++round) {
        std::vector<std::unique_ptr<Mapping>> stacks;
        for (int i = 0; i < 8; ++i) {
            stacks.push_back(std::make_unique<Mapping>());
            make(fiber_contexts[i], stacks.back()->memory, kStackSize, i * 5);
        }
        run_all(8);
        const auto heap = std::make_unique<char[]>(kStackSize);
        make(fiber_contexts[0], heap.get(), kStackSize, 2);
        run_all(1);
        inside_a_frame();
        plain::nested(round, inside_a_frame);
    }
}

void threads() {
    for (unsigned round = 0; round < 3; ++round) {
        std::vector<std::thread> running;
        for (unsigned i = 0; i < 4; ++i) running.emplace_back(on_thread, i);
        for (std::thread& thread : running) thread.join();
    }
    for (unsigned depth = 0; depth < 20; ++depth) run_on_given_stack(depth % 7);
}

}  // namespace torture
