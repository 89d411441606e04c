// SPDX-License-Identifier: MIT
#include "thread/names.h"

#include "os/startup.h"
#include "os/thread.h"
#include "table/threads.h"
#include "thread/context.h"

namespace mt::runtime {
namespace {

// In static TLS, like my_context.
__attribute__((tls_model("initial-exec"))) __thread char my_name[16];

}  // namespace

const char (&my_thread_name())[16] { return my_name[0] != '\0' ? my_name : os::first_thread_name; }

void name_of_thread(u64 thread, const char* name) {
    // Static TLS lies at the same distance from each thread's control block.
    const u64 other = thread - os::thread_pointer();
    auto& kept = *pointer<char[16]>(address_of(&my_name) + other);
    u32 length = 0;
    for (; length + 1 < sizeof(kept) && name[length] != '\0'; ++length) kept[length] = name[length];
    for (u32 i = length; i < sizeof(kept); ++i) kept[i] = '\0';
    const ThreadContext* c = *pointer<ThreadContext*>(address_of(&my_context) + other);
    auto* row = c != nullptr ? pointer<Thread>(load(c->thread)) : nullptr;
    if (row != nullptr) name_thread(*row, kept);
    // Threads have their creator's name at first, which is mostly the main thread.
    if (thread == os::identity.main_thread) {
        for (u32 i = 0; i < sizeof(kept); ++i) os::first_thread_name[i] = kept[i];
    }
}

}  // namespace mt::runtime
