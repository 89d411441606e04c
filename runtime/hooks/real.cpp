// SPDX-License-Identifier: MIT
#include "hooks/real.h"

#include <cerrno>

#include "control/control.h"
#include "control/process.h"
#include "control/requests.h"
#include "guard/lock.h"
#include "hooks/definitions.h"
#include "os/process.h"
#include "os/startup.h"
#include "os/thread.h"
#include "stack/walker.h"
#include "table/header.h"

// Libc's other names for its own functions.
// Weak, so that libc stays the only library that the runtime needs.
extern "C" {
__attribute__((weak)) void* __libc_malloc(std::size_t);
__attribute__((weak)) void* __libc_calloc(std::size_t, std::size_t);
__attribute__((weak)) void* __libc_realloc(void*, std::size_t);
__attribute__((weak)) void __libc_free(void*);
__attribute__((weak)) void* __libc_memalign(std::size_t, std::size_t);
__attribute__((weak)) void* __libc_valloc(std::size_t);
__attribute__((weak)) void* __libc_pvalloc(std::size_t);
}

namespace mt::runtime {

Real real = {};

namespace {

enum : u32 { kUnresolved, kResolving, kReady };
u32 stage = kUnresolved;

enum : u32 {
#define MT_REAL(result, name, parameters) kFind_##name,
#include "hooks/family.def"
    kFindRoot,
    kFindPrctl,
    kFindSetname,
    kFinds
};

int posix_memalign_by_libc(void** out, std::size_t alignment, std::size_t size) {
    const bool is_power = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!is_power || alignment % sizeof(void*) != 0) return EINVAL;
    const int before = errno;
    void* block = __libc_memalign(alignment, size);
    errno = before;
    if (block == nullptr) return ENOMEM;
    *out = block;
    return 0;
}

void* reallocarray_by_libc(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes)) return __libc_realloc(block, bytes);
    errno = ENOMEM;
    return nullptr;
}

// The loader's list could not be read (dl_iterate_phdr is wrapped as well): what the
// program needs is known by other names (tests/programs/wrapped_dlsym.c).
void use_libcs_own() {
    real.malloc = __libc_malloc;
    real.calloc = __libc_calloc;
    real.realloc = __libc_realloc;
    real.reallocarray = reallocarray_by_libc;
    real.free = __libc_free;
    real.posix_memalign = posix_memalign_by_libc;
    real.aligned_alloc = __libc_memalign;
    real.memalign = __libc_memalign;
    real.valloc = __libc_valloc;
    real.pvalloc = __libc_pvalloc;
    real.is_libc = real.is_realloc_ours = real.array_calls_realloc = true;
}

template <typename F>
bool take(F& function, const Definition& found) {
    function = reinterpret_cast<F>(found.address);
    real.is_libc = real.is_libc && found.is_libcs;
    return found.address != 0;
}

Reason resolve() {
    Definition found[kFinds] = {
#define MT_REAL(result, name, parameters) {#name},
#include "hooks/family.def"
        {"memtrace_root"}, {"prctl"}, {"pthread_setname_np"}};
    find_definitions(found, kFinds);
    bool complete = real.is_libc = true;
#define MT_REAL(result, name, parameters) complete &= take(real.name, found[kFind_##name]);
#include "hooks/family.def"
    real.prctl = reinterpret_cast<decltype(real.prctl)>(found[kFindPrctl].address);
    real.pthread_setname_np =
        reinterpret_cast<decltype(real.pthread_setname_np)>(found[kFindSetname].address);
    if (!complete) {
        use_libcs_own();
        return Reason::no_next_malloc;
    }
    real.is_realloc_ours = found[kFind_realloc].ours_is_first;
    real.array_calls_realloc = found[kFind_reallocarray].is_libcs;
    return found[kFindRoot].ours_is_first ? Reason::none : Reason::second_copy;
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
    Definition thread_id{"_thread_db_pthread_tid"};
    find_definitions(&thread_id, 1);
    os::learn_process(pointer<const u32>(thread_id.address));
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
    if (__builtin_expect(control.knows_process(), 1)) return true;
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
    control.know_process();
    return true;
}

}  // namespace mt::runtime
