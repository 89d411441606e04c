// SPDX-License-Identifier: MIT
//
// Signals strike threads that allocate, also inside the hooks: tracers that take a lock
// there wait for themselves, and those that mark "inside" never leave it. What libc's
// malloc does not promise to survive is left alone: handlers act only where they have
// interrupted the program's own code or the runtime's. Argument:
//   allocate  the handler allocates, moves and frees blocks of its own
//   jump      the handler jumps out, for good
//   end       the handler ends the thread, as asynchronous cancellation would; others go on
#include <link.h>
#include <memtrace.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ledger.h"
#include "watchdog.h"

namespace {

constexpr int kThreads = 8, kSlots = 64;
constexpr unsigned kFollowers = 16;

struct Slot {
    void* block;
    size_t size;
};
struct Worker {
    Slot own[kSlots], handlers[kSlots];
    unsigned long state;
    volatile int in_doubt;  // which of its blocks an event is about; -1: none
    volatile bool may_jump;
    sigjmp_buf out;
    volatile long handled;
    Slot last;
};
Worker workers[kThreads];
thread_local Worker* me;
ledger* book;
pthread_barrier_t barrier, followed;
bool stop;

size_t random(unsigned long& state) {
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return state >> 33;
}

struct Range {
    uintptr_t start, end;
};
Range safe[2];  // the program's code, and the runtime's

int note_code(dl_phdr_info* object, size_t, void*) {
    const bool is_runtime = std::strstr(object->dlpi_name, "libmemtrace") != nullptr;
    if (object->dlpi_name[0] != '\0' && !is_runtime) return 0;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = object->dlpi_phdr[i];
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
        const uintptr_t start = object->dlpi_addr + part.p_vaddr;
        safe[is_runtime ? 1 : 0] = {start, start + part.p_memsz};
    }
    return 0;
}

// Where malloc's own code was interrupted, nothing may be called.
bool may_act(const void* context) {
    const auto at =
        static_cast<uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
    for (const Range& range : safe) {
        if (at >= range.start && at < range.end) return me != nullptr;
    }
    return false;
}

void allocate_in_handler(int, siginfo_t*, void* context) {
    if (!may_act(context)) return;
    const long n = me->handled;
    me->handled = n + 1;
    Slot& slot = me->handlers[n % kSlots];
    if (n % 3 == 2) {
        free(slot.block);
        slot = {};
        return;
    }
    slot.size = 1 + static_cast<size_t>(n) % 300;
    slot.block = realloc(slot.block, slot.size);
}

void jump_out_of_handler(int, siginfo_t*, void* context) {
    if (!may_act(context) || !me->may_jump) return;
    me->handled = me->handled + 1;
    siglongjmp(me->out, 1);
}

// Whatever an event was about when it was left is forgotten: it may be there or not.
void one_event(Worker& worker) {
    const int at = static_cast<int>(random(worker.state) % kSlots);
    Slot& slot = worker.own[at];
    worker.in_doubt = at;
    if (slot.block != nullptr) {
        void* const block = slot.block;
        slot.block = nullptr;
        free(block);
    } else {
        const size_t size = 1 + random(worker.state) % 500;
        void* const block = malloc(size);
        slot.size = size;
        slot.block = block;
    }
    worker.in_doubt = -1;
}

void work(Worker& worker) {
    if (sigsetjmp(worker.out, 1) != 0 && worker.in_doubt >= 0) {
        worker.own[worker.in_doubt].block = nullptr;
        worker.in_doubt = -1;
    }
    worker.may_jump = true;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) one_event(worker);
    worker.may_jump = false;
}

void* run(void* argument) {
    me = static_cast<Worker*>(argument);
    me->in_doubt = -1;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);  // tracing has begun
    work(*me);
    me->last = {malloc(777), 777};
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (const Slot& slot : me->own) {
        if (slot.block != nullptr) ledger_add(book, slot.block, slot.size);
    }
    for (const Slot& slot : me->handlers) {
        if (slot.block != nullptr) ledger_add(book, slot.block, slot.size);
    }
    ledger_add(book, me->last.block, me->last.size);
    pthread_barrier_wait(&barrier);
    for (;;) pause();
}

void end_thread(int, siginfo_t*, void* context) {
    if (may_act(context) && me->may_jump) pthread_exit(PTHREAD_CANCELED);
}

// Its own blocks are few; whatever it was about is lost with it.
void* allocate_for_ever(void* argument) {
    Worker mine = {};
    mine.may_jump = true;
    me = &mine;
    for (;;) {
        free(realloc(malloc(50), 5000));
        *static_cast<volatile bool*>(argument) = true;
    }
}

void strike(const pthread_t* threads, long signals) {
    unsigned long state = 42;
    for (long i = 0; i < signals; ++i) {
        pthread_kill(threads[random(state) % kThreads], SIGUSR1);
        const timespec brief{0, 100000};
        nanosleep(&brief, nullptr);
    }
}

// Takes over what ended threads were in the midst of.
void* follow(void*) {
    ledger_add(book, malloc(777), 777);
    pthread_barrier_wait(&followed);
    for (;;) pause();
}

void end_others(long threads) {
    for (long i = 0; i < threads; ++i) {
        volatile bool works = false;
        pthread_t thread;
        if (pthread_create(&thread, nullptr, allocate_for_ever, const_cast<bool*>(&works)) != 0)
            _exit(5);
        while (!works) sched_yield();
        void* result = nullptr;
        for (int error = EBUSY; error == EBUSY; error = pthread_tryjoin_np(thread, &result)) {
            pthread_kill(thread, SIGUSR1);
            sched_yield();
        }
        if (result != PTHREAD_CANCELED) _exit(7);
    }
    pthread_barrier_init(&followed, nullptr, kFollowers + 1);
    pthread_t thread;
    for (unsigned i = 0; i < kFollowers; ++i) {
        if (pthread_create(&thread, nullptr, follow, nullptr) != 0) _exit(9);
    }
    pthread_barrier_wait(&followed);
}

}  // namespace

int main(int argc, char** argv) {
    const char* const mode = argc > 1 ? argv[1] : "";
    watchdog(static_cast<unsigned>(storm(60, 280)));
    dl_iterate_phdr(note_code, nullptr);
    book = ledger_open();
    if (book == nullptr) return 2;
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = std::strcmp(mode, "allocate") == 0 ? allocate_in_handler
                          : std::strcmp(mode, "jump") == 0   ? jump_out_of_handler
                                                             : end_thread;
    sigaction(SIGUSR1, &action, nullptr);
    pthread_barrier_init(&barrier, nullptr, kThreads + 1);
    pthread_t threads[kThreads];
    for (unsigned long i = 0; i < kThreads; ++i) {
        workers[i].state = i * 7919 + 17;
        if (pthread_create(&threads[i], nullptr, run, &workers[i]) != 0) return 3;
    }
    pthread_barrier_wait(&barrier);
    if (memtrace_start(32) != 0) return 4;
    pthread_barrier_wait(&barrier);
    if (std::strcmp(mode, "end") == 0) {
        end_others(storm(60, 1000));
    } else {
        strike(threads, storm(4000, 100000));
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_barrier_wait(&barrier);
    long handled = 0;
    for (const Worker& worker : workers) handled += worker.handled;
    char line[32];
    std::snprintf(line, sizeof line, "%ld\n", handled);
    if (write(1, line, std::strlen(line)) < 0) return 8;
    raise(SIGSTOP);
    return 0;
}
