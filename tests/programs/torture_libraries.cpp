// SPDX-License-Identifier: MIT
//
// Libraries that are closed and opened by turns: the second comes to lie where
// the first was, so the same return addresses belong to other frames.
#include <dlfcn.h>

#include <set>
#include <thread>

#include "stack_capture.h"
#include "torture.h"

namespace torture {
namespace {

unsigned same_place;

struct Library {
    explicit Library(const char* path) : handle(dlopen(path, RTLD_NOW)) {
        check(handle != nullptr, "dlopen");
        call = reinterpret_cast<void (*)(Action)>(dlsym(handle, "torture_call"));
        touch = reinterpret_cast<Action>(dlsym(handle, "torture_thread_local"));
        check(call != nullptr && touch != nullptr, "dlsym");
    }
    ~Library() { dlclose(handle); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    void* handle;
    void (*call)(Action);
    Action touch;
};

Library* open_now;

void call_open() { open_now->call(allocate_deeper); }

void use(Library& library) {
    open_now = &library;
    library.call(allocate);
    library.call(allocate_deeper);
    library.call(call_open);
    mt::test::plain::nested(3, call_open);
    std::thread([] {
        open_now->touch();
        call_open();
    }).join();
}

}  // namespace

void libraries(const char* first, const char* second) {
    void (*last)(Action) = nullptr;
    for (unsigned round = 0; round < 40; ++round) {
        Library library(round % 2 == 0 ? first : second);
        if (library.call == last) ++same_place;
        last = library.call;
        use(library);
    }
    check(same_place > 10, "no library came to lie where the other was");
}

unsigned libraries_at_the_same_place() { return same_place; }

}  // namespace torture
