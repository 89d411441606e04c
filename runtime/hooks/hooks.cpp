// SPDX-License-Identifier: MIT
//
// One thin function per name of family.def. With tracing off each is a compare
// and a jump to the real function. What a call means is the business of record;
// here only: real call and record in the right order, results and errno passed
// through untouched.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

#include "features/watch.h"
#include "hooks/bootstrap.h"
#include "hooks/caller.h"
#include "hooks/definitions.h"
#include "hooks/entries.h"
#include "hooks/real.h"
#include "record/move.h"
#include "table/modules.h"
#include "thread/escape.h"

#define MT_EXPORT extern "C" __attribute__((visibility("default")))
#define MT_SLOW static __attribute__((noinline, MT_ANY_STACK))

using namespace mt::runtime;
using What = WatchedCall::What;

namespace {

// Nothing is to be done but to record, and libc does what is asked for.
inline bool is_plain() { return control.is_traced(request_now()) && real.is_libc; }
// What is, otherwise.
Mode mode_now() {
    if (control.is_traced(request_now())) return Mode::on;
    if (control.is_boxed(request_now())) return Mode::boxed;
    if (!real_is_ready()) return Mode::starting;
    const Mode mode = control.obey(!bootstrap_used());
    return mode == Mode::on && black_box.is_open() ? Mode::boxed : mode;
}

bool overflows(size_t count, size_t size) {
    size_t product;
    return __builtin_mul_overflow(count, size, &product);
}

// With conditions of mt break armed. The stop comes when all of ours is done.
void watched_allocation(void* block, size_t size, const Caller& caller) {
    watched_event_begins(caller);
    if (block != nullptr) on_allocate(block, size, caller);
    look({block != nullptr ? What::gives : What::fails, address_of(block), size}, caller);
}

template <typename Call>
__attribute__((noinline)) void* allocate_otherwise(size_t size, const Caller& caller,
                                                   size_t alignment, Call call) {
    const Mode now = mode_now();
    if (now == Mode::starting) return bootstrap_allocate(size, alignment);
    if (now == Mode::off) return call();
    void* block = nullptr;
    bool inner = false;
    {
        ForeignCall foreign(caller, real.is_libc);
        block = call();
        inner = foreign.is_inner();
    }
    if (inner) return block;
    if (now == Mode::watched) {
        watched_allocation(block, size, caller);
    } else if (block != nullptr) {
        with_escape([&] { on_allocate(block, size, caller); });
    }
    return block;
}

// Every function of the family that gives a new block.
template <typename Call>
__attribute__((always_inline)) inline void* allocate(size_t size, const Caller& caller,
                                                     size_t alignment, Call call) {
    if (__builtin_expect(!is_plain(), 0)) return allocate_otherwise(size, caller, alignment, call);
    void* block = call();
    if (block != nullptr) on_allocate(block, size, caller);
    return block;
}

void* move_from_bootstrap(void* block, size_t size, const Caller& caller) {
    void* copy = allocate(size, caller, 0, [=] { return real.malloc(size); });
    if (copy == nullptr) return nullptr;
    const size_t kept = bootstrap_size(block);
    std::memcpy(copy, block, kept < size ? kept : size);
    return copy;
}

// With a black box; the block moves whether that can be recorded or not.
template <typename Call>
void* move_with_escape(void* block, size_t size, const Caller& caller, Call call) {
    const ForeignCall foreign(caller, real.is_libc);
    alignas(Move) char room[sizeof(Move)];
    Move* move = nullptr;
    with_escape([&] { move = new (room) Move(block, caller); });
    void* moved = call(block);
    if (move != nullptr) with_escape([&] { move->finish(moved, size); });
    return moved;
}

// `call` takes the block and gives where it is then.
template <typename Call>
__attribute__((always_inline)) inline void* move_block(void* block, size_t size,
                                                       const Caller& caller, Call call) {
    const ForeignCall foreign(caller, real.is_libc);
    if (foreign.is_inner()) return call(block);
    Move move(block, caller);
    void* moved = call(block);
    move.finish(moved, size);
    return moved;
}

template <typename Call>
__attribute__((noinline)) void* reallocate_otherwise(Mode now, void* block, size_t size,
                                                     const Caller& caller, Call call) {
    if (now == Mode::starting) return nullptr;  // no block but bootstrap's exists yet
    if (now == Mode::off || ForeignCall(caller, real.is_libc).is_inner()) return call(block);
    if (now == Mode::boxed) return move_with_escape(block, size, caller, call);
    watched_event_begins(caller);
    look({What::frees, address_of(block), 0}, caller);
    void* moved = move_block(block, size, caller, call);
    const What failed = size == 0 ? What::falls : What::fails;
    look({moved != nullptr ? What::gives : failed, address_of(moved), size}, caller);
    return moved;
}

template <typename Call>
__attribute__((always_inline)) inline void* reallocate(void* block, size_t size,
                                                       const Caller& caller, Call call) {
    if (block == nullptr) {
        return allocate(size, caller, 0, [=] { return call(nullptr); });
    }
    if (is_bootstrap(block)) return move_from_bootstrap(block, size, caller);
    const Mode now = mode_now();
    if (__builtin_expect(now == Mode::on, 1)) return move_block(block, size, caller, call);
    return reallocate_otherwise(now, block, size, caller, call);
}

}  // namespace

// Those that give a block, and need nothing decided.
#define MT_GIVES(name, size, alignment, parameters, arguments)                            \
    MT_SLOW void* slow_##name parameters {                                                \
        return allocate(size, MT_CALLER, alignment, [=] { return real.name arguments; }); \
    }                                                                                     \
    MT_EXPORT void* name parameters {                                                     \
        if (control.is_quiet()) return real.name arguments;                               \
        return slow_##name arguments;                                                     \
    }
MT_GIVES(malloc, size, 0, (size_t size), (size))
MT_GIVES(aligned_alloc, size, alignment, (size_t alignment, size_t size), (alignment, size))
MT_GIVES(memalign, size, alignment, (size_t alignment, size_t size), (alignment, size))
MT_GIVES(valloc, size, mt::abi::kPageSize, (size_t size), (size))
MT_GIVES(pvalloc, size, mt::abi::kPageSize, (size_t size), (size))

MT_SLOW void* slow_calloc(size_t count, size_t size) {
    // An overflowing product is the real calloc's to refuse; bootstrap memory is zero.
    const size_t bytes = overflows(count, size) ? ~size_t{0} : count * size;
    return allocate(bytes, MT_CALLER, 0, [=] { return real.calloc(count, size); });
}
MT_EXPORT void* calloc(size_t count, size_t size) {
    if (control.is_quiet()) return real.calloc(count, size);
    return slow_calloc(count, size);
}

MT_SLOW void* slow_realloc(void* block, size_t size) {
    return reallocate(block, size, MT_CALLER, [=](void* b) { return real.realloc(b, size); });
}
MT_EXPORT void* realloc(void* block, size_t size) {
    if (control.is_quiet_release()) return real.realloc(block, size);
    return slow_realloc(block, size);
}

MT_SLOW void* slow_reallocarray(void* block, size_t count, size_t size) {
    if (!real_is_ready()) {
        errno = ENOMEM;
        return nullptr;
    }
    // Of an allocator that never asks us: tests/programs/own_subset.c.
    const bool is_foreign = !real.is_realloc_ours && !is_bootstrap(block);
    if (is_foreign) return real.reallocarray(block, count, size);
    if (overflows(count, size)) {
        if (mode_now() == Mode::watched) watched_allocation(nullptr, ~size_t{0}, MT_CALLER);
        return real.reallocarray(block, count, size);
    }
    const auto call = [=](void* b) {
        // libc's would come back through our realloc.
        return real.array_calls_realloc ? real.realloc(b, count * size)
                                        : real.reallocarray(b, count, size);
    };
    return reallocate(block, count * size, MT_CALLER, call);
}
MT_EXPORT void* reallocarray(void* block, size_t count, size_t size) {
    if (control.is_quiet_release()) return real.reallocarray(block, count, size);
    return slow_reallocarray(block, count, size);
}

__attribute__((noinline)) static void free_otherwise(void* block, const Caller& caller) {
    const Mode now = mode_now();
    if (now == Mode::starting) return;  // no block but bootstrap's exists yet
    if (now == Mode::off) return real.free(block);
    if (now == Mode::watched) {
        watched_event_begins(caller);
        look({What::frees, address_of(block), 0}, caller);
    }
    with_escape([&] { on_free(block, caller); });
    {
        const ForeignCall foreign(caller, real.is_libc);
        real.free(block);
    }
    if (now == Mode::watched) look({What::falls, 0, 0}, caller);
}

MT_SLOW void slow_free(void* block) {
    if (block == nullptr || is_bootstrap(block)) return;
    if (__builtin_expect(!is_plain(), 0)) return free_otherwise(block, MT_CALLER);
    __builtin_prefetch(static_cast<char*>(block) - 16);  // glibc's header, for the real free
    on_free(block, MT_CALLER);
    real.free(block);
}
MT_EXPORT void free(void* block) {
    if (control.is_quiet_release()) return real.free(block);
    slow_free(block);
}
// Other names for free: the caller's sizes add nothing to what it knows.
MT_EXPORT void cfree(void* block) { free(block); }
MT_EXPORT void free_sized(void* block, size_t) { free(block); }
MT_EXPORT void free_aligned_sized(void* block, size_t, size_t) { free(block); }

static __attribute__((noinline)) int posix_memalign_for(const Caller& caller, void** out,
                                                        size_t alignment, size_t size) {
    if (!real_is_ready()) return ENOMEM;
    int result = 0;
    allocate(size, caller, alignment, [&]() -> void* {
        result = real.posix_memalign(out, alignment, size);
        return result == 0 ? *out : nullptr;
    });
    return result;
}
// In two: a frame that aligns itself and has a variable whose address is taken is moved away
// from its caller's, where MT_CALLER reads (RuntimeFile.HooksStandBelowTheirCallers).
MT_SLOW int slow_posix_memalign(void** out, size_t alignment, size_t size) {
    return posix_memalign_for(MT_CALLER, out, alignment, size);
}
MT_EXPORT int posix_memalign(void** out, size_t alignment, size_t size) {
    if (control.is_quiet()) return real.posix_memalign(out, alignment, size);
    return slow_posix_memalign(out, alignment, size);
}

// Closing a library makes its addresses meaningless; opening is not watched,
// for a wrapper would change the search path of the caller (docs/invariants.md).
MT_SLOW int slow_dlclose(void* handle) {
    if (!real_is_ready()) return -1;
    // Looked up at each call: older C libraries have it in libdl, which may come late.
    Definition closes{"dlclose"};
    find_definitions(&closes, 1);
    if (closes.address == 0) return -1;
    const int result = reinterpret_cast<int (*)(void*)>(closes.address)(handle);
    with_escape([] { log_closed_modules(); });
    return result;
}
MT_EXPORT int dlclose(void* handle) { return slow_dlclose(handle); }

// The same functions for who needs their addresses (entries.h): hidden names for them.
#define MT_ITSELF(name)                                                      \
    asm(".hidden memtrace_" #name "\n.set memtrace_" #name ", " #name "\n"); \
    extern "C" __attribute__((visibility("hidden"))) void memtrace_##name()
#define MT_REAL(result, name, parameters) MT_ITSELF(name);
#include "hooks/family.def"
MT_ITSELF(dlclose);

namespace mt::runtime {

#define MT_REAL(result, name, parameters) {#name, memtrace_##name},
#define MT_FREE(name) {#name, memtrace_free},  // by its own name it would find another's
const HookEntry family_entries[] = {
#include "hooks/family.def"
};
const abi::u32 family_entry_count = sizeof(family_entries) / sizeof(family_entries[0]);
const HookEntry closing_entry = {"dlclose", memtrace_dlclose};

}  // namespace mt::runtime
