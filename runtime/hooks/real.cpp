// SPDX-License-Identifier: MIT
#include "hooks/real.h"

#include <dlfcn.h>

#include "guard/lock.h"
#include "os/process.h"
#include "os/thread.h"
#include "stack/walker.h"
#include "table/header.h"
#include "tracer/children.h"
#include "tracer/control.h"

extern "C" __attribute__((weak)) void* __libc_malloc(std::size_t);

namespace mt::runtime {

Real real = {};

namespace {

enum : u32 { kUnresolved, kResolving, kReady };
u32 stage = kUnresolved;

template <typename F>
bool look_up(F& function, const char* name) {
    void* next = dlsym(RTLD_NEXT, name);
    function = reinterpret_cast<F>(next);
    return next != nullptr;
}

Reason resolve() {
    bool complete = true;
#define MT_REAL(result, name, parameters) complete &= look_up(real.name, #name);
#include "hooks/family.def"
    look_up(real.prctl, "prctl");
    look_up(real.pthread_setname_np, "pthread_setname_np");
    if (!complete) return Reason::no_next_malloc;
    real.is_libc = real.malloc == &__libc_malloc;
    if (dlsym(RTLD_DEFAULT, "memtrace_root") != &root()) return Reason::second_copy;
    return Reason::none;
}

bool names_us(const char* list) {
    constexpr char kName[] = "libmemtrace.so";
    for (; *list != '\0'; ++list) {
        u32 i = 0;
        while (kName[i] != '\0' && list[i] == kName[i]) ++i;
        if (kName[i] == '\0') return true;
    }
    return false;
}

Origin origin() {
    const char* list = os::environment("LD_PRELOAD");
    return list != nullptr && names_us(list) ? Origin::preloaded : Origin::linked;
}

void fill_root(Reason reason) {
    os::learn_process(static_cast<const u32*>(dlsym(RTLD_DEFAULT, "_thread_db_pthread_tid")));
    may_be_above_interrupted_code = stack::may_be_above_interrupted_code;
    begin_process();
    root().cookie = os::process_cookie();
    root().reason = static_cast<u32>(reason);
    root().origin = static_cast<u32>(origin());
    if (reason == Reason::none) start_by_environment();
    publish(root().status,
            static_cast<u32>(reason == Reason::none ? Status::ready : Status::refused));
}

}  // namespace

bool real_is_ready() {
    if (__builtin_expect(is_known_process(), 1)) return true;
    if (load(stage) == kReady) {
        adopt_process();
        return true;
    }
    u32 expected = kUnresolved;
    if (!__atomic_compare_exchange_n(&stage, &expected, kResolving, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return expected == kReady;
    }
    fill_root(resolve());
    publish(stage, kReady);
    know_process();
    return true;
}

}  // namespace mt::runtime
