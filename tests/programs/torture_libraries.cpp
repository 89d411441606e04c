// SPDX-License-Identifier: MIT
//
// Libraries that are closed and opened by turns: the second comes to lie where
// the first was, so the same return addresses belong to other frames.
#include <alloca.h>
#include <dlfcn.h>
#include <sched.h>

#include <atomic>
#include <optional>
#include <thread>

#include "stack_capture.h"
#include "torture.h"

namespace torture {
namespace {

const char* paths[2];
unsigned same_place;

struct Library {
    explicit Library(const char* path) : handle(dlopen(path, RTLD_LAZY)) {
        check(handle != nullptr, "dlopen");
        call = reinterpret_cast<void (*)(Action)>(dlsym(handle, "torture_call"));
        touch = reinterpret_cast<Action>(dlsym(handle, "torture_thread_local"));
        bind = reinterpret_cast<Action>(dlsym(handle, "torture_bind"));
        frame = static_cast<const unsigned*>(dlsym(handle, "torture_frame"));
        check(call != nullptr && touch != nullptr && bind != nullptr && frame != nullptr, "dlsym");
    }
    ~Library() { dlclose(handle); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    void* handle;
    void (*call)(Action);
    Action touch;
    Action bind;
    const unsigned* frame;
};

std::optional<Library> open_now;
void (*last_call)(Action);

void open_next(unsigned number) {
    open_now.reset();
    open_now.emplace(paths[number % 2]);
    if (open_now->call == last_call) ++same_place;
    last_call = open_now->call;
}

void call_open() { open_now->call(allocate_deeper); }

void use_open() {
    open_now->call(allocate);
    open_now->call(allocate_deeper);
    open_now->call(call_open);
    mt::test::plain::nested(3, call_open);
    // Inside the loader's ways into itself, which nobody compiled.
    mt::test::optimised::nested(2, open_now->bind);
    std::thread([] {
        open_now->touch();
        call_open();
    }).join();
}

// Both libraries' frames have the stack pointer at the same place; only what
// their tables say tells them apart.
void* volatile work;
[[gnu::noinline]] void call_at_one_level(unsigned number) {
    constexpr unsigned kLevel = 4104;
    work = alloca(kLevel - *open_now->frame);
    if (number % 2 == 0) open_now->call(allocate_once);
    if (number % 2 == 1) open_now->call(allocate_once);
}

std::atomic<unsigned> wanted;
std::atomic<unsigned> given;
constexpr unsigned kSwaps = 40;

// Another thread closes and opens, so that this one's stack stays as it is.
void swap_when_asked() {
    for (unsigned number = 1; number <= kSwaps; ++number) {
        while (wanted < number) sched_yield();
        open_next(number);
        given = number;
    }
}

}  // namespace

void libraries(const char* first, const char* second, const char* elsewhere) {
    check(dlopen(elsewhere, RTLD_NOW | RTLD_GLOBAL) != nullptr, "dlopen of the third library");
    paths[0] = first;
    paths[1] = second;
    for (unsigned number = 0; number < kSwaps; ++number) {
        open_next(number);
        use_open();
    }
    std::thread swapper(swap_when_asked);
    for (unsigned number = 1; number <= kSwaps; ++number) {
        wanted = number;
        while (given < number) sched_yield();
        call_at_one_level(number);
    }
    swapper.join();
    open_now.reset();
    check(same_place > kSwaps, "no library came to lie where the other was");
}

unsigned libraries_at_the_same_place() { return same_place; }

}  // namespace torture
