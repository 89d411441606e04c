/* SPDX-License-Identifier: MIT
 *
 * memtrace from inside a program: tracemalloc's functions under C names.
 *
 * Everything is resolved at run time, once: a program built with this header
 * runs with and without the runtime, and needs no library at link time. Without
 * it every function says "not tracing" and does nothing. Link the CMake target
 * memtrace::runtime (or pkg-config memtrace) to have it always.
 *
 * All functions may be called from any thread; none allocates, blocks or changes
 * errno after the first call, which uses dlsym. Those that track may be called from
 * signal handlers too. Requests are obeyed at the next allocation or free of any
 * thread. The rules are those of Python's tracemalloc module,
 * https://docs.python.org/3/library/tracemalloc.html; docs/c-api.md says by question
 * which function is for what. */
#ifndef MEMTRACE_H
#define MEMTRACE_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the runtime offers; grows at its end only. */
struct memtrace_functions {
    uint32_t size; /* of the struct that the runtime fills, in bytes */
    int (*start)(int frames);
    int (*stop)(void);
    int (*is_tracing)(void);
    int (*clear_traces)(void);
    int (*get_traceback_limit)(void);
    int (*get_traced_memory)(uint64_t* current, uint64_t* peak);
    int (*reset_peak)(void);
    int (*get_tracer_memory)(uint64_t* bytes);
    int (*start_sampled)(int frames, uint64_t bytes);
    int (*track)(unsigned domain, uintptr_t key, size_t size);
    int (*untrack)(unsigned domain, uintptr_t key);
    int (*touch)(unsigned domain, uintptr_t key);
    int (*pool)(void* pages);
    int (*pause)(void);
    int (*resume)(void);
    int (*scope_begin)(const char* name);
    int (*scope_end)(int scope);
};

static inline const struct memtrace_functions* memtrace_get_functions(void) {
    static const struct memtrace_functions none = {0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                   0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const struct memtrace_functions* found = 0;
    const struct memtrace_functions* now = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
    if (now == 0) {
        typedef const struct memtrace_functions* (*getter)(void);
        void* symbol = dlsym(RTLD_DEFAULT, "memtrace_runtime_functions");
        getter get = 0;
        __builtin_memcpy(&get, &symbol, sizeof get); /* ISO C has no cast for this */
        now = get != 0 ? get() : &none;
        __atomic_store_n(&found, now, __ATOMIC_RELEASE);
    }
    return now;
}

#define MEMTRACE_HAS_(member)          \
    (memtrace_get_functions()->size >= \
     offsetof(struct memtrace_functions, member) + sizeof(void (*)(void)))

/* Tracebacks begin at the caller, not at a function of this file: so these are inlined
 * in every build, and are no tail calls. */
#define MEMTRACE_INLINE_ static inline __attribute__((always_inline))
#define MEMTRACE_CALL_(member, arguments)                                            \
    __extension__({                                                                  \
        int memtrace_result_ =                                                       \
            MEMTRACE_HAS_(member) ? memtrace_get_functions()->member arguments : -2; \
        __asm__ volatile("" : "+r"(memtrace_result_));                               \
        memtrace_result_;                                                            \
    })

/* Starts tracing with 1..65535 frames per traceback. 0: tracing now (or already:
 * then nothing changes, as in tracemalloc); -1: `frames` out of range; -2: no
 * runtime. */
static inline int memtrace_start(int frames) {
    return MEMTRACE_HAS_(start) ? memtrace_get_functions()->start(frames) : -2;
}
/* The same with stacks for a sample only, one allocation every `bytes` (1 to 2^40)
 * on average. Totals stay exact; what reports say per traceback is an estimate. */
static inline int memtrace_start_sampled(int frames, uint64_t bytes) {
    return MEMTRACE_HAS_(start_sampled) ? memtrace_get_functions()->start_sampled(frames, bytes)
                                        : -2;
}
/* Stops and drops all traces. 0: off now; -2: no runtime. */
static inline int memtrace_stop(void) {
    return MEMTRACE_HAS_(stop) ? memtrace_get_functions()->stop() : -2;
}
/* 1 while tracing, else 0. */
static inline int memtrace_is_tracing(void) {
    return MEMTRACE_HAS_(is_tracing) ? memtrace_get_functions()->is_tracing() : 0;
}
/* Drops all traces and goes on tracing. 0: done, or nothing to do; -2: no runtime. */
static inline int memtrace_clear_traces(void) {
    return MEMTRACE_HAS_(clear_traces) ? memtrace_get_functions()->clear_traces() : -2;
}
/* Frames per traceback as last requested (default 32); 0: no runtime. */
static inline int memtrace_get_traceback_limit(void) {
    return MEMTRACE_HAS_(get_traceback_limit) ? memtrace_get_functions()->get_traceback_limit() : 0;
}
/* Traced bytes now and at the peak; 0, 0 while not tracing. Exact while no other
 * thread allocates. 0: done; -2: no runtime. */
static inline int memtrace_get_traced_memory(uint64_t* current, uint64_t* peak) {
    *current = *peak = 0;
    return MEMTRACE_HAS_(get_traced_memory)
               ? memtrace_get_functions()->get_traced_memory(current, peak)
               : -2;
}
/* peak := current, at the next event. 0: done; -2: no runtime. */
static inline int memtrace_reset_peak(void) {
    return MEMTRACE_HAS_(reset_peak) ? memtrace_get_functions()->reset_peak() : -2;
}
/* Bytes that the runtime has mapped for itself. 0: done; -2: no runtime. */
static inline int memtrace_get_tracer_memory(uint64_t* bytes) {
    *bytes = 0;
    return MEMTRACE_HAS_(get_tracer_memory) ? memtrace_get_functions()->get_tracer_memory(bytes)
                                            : -2;
}

/* --- memory that malloc does not give ------------------------------------------------
 *
 * A domain is an address space of its own. 0 is malloc's: its keys are the addresses of
 * blocks. In any other one a key is whatever number names the thing: an address, a
 * handle, an index. One key has one trace at a time.
 *
 * All of them: -2 while tracing is off or without the runtime; -1: not recorded, for
 * there was no memory for it, a lock could not be had (both are counted by name, see
 * mt status), or as said below. Figures change as by an allocation or a free. */

/* `size` bytes under `key` are in use from now on; the traceback is the caller's. What
 * was tracked under that key before is replaced. 0: recorded, or not wanted now
 * (memtrace_pause); -1 also: domain 0 and a key that is no address, or not a multiple
 * of 8. */
MEMTRACE_INLINE_ int memtrace_track(unsigned domain, uintptr_t key, size_t size) {
    return MEMTRACE_CALL_(track, (domain, key, size));
}
/* They are not any more. 0, also if nothing was tracked there. Call it before the key
 * can be given to somebody else. */
MEMTRACE_INLINE_ int memtrace_untrack(unsigned domain, uintptr_t key) {
    return MEMTRACE_CALL_(untrack, (domain, key));
}
/* What is tracked under `key` was taken from a free list and used anew: its traceback
 * becomes the caller's, its size stays. Totals count a free and an allocation; the peak
 * sees neither. -1 also: nothing is tracked there, or this is a signal handler inside an
 * allocation. */
MEMTRACE_INLINE_ int memtrace_touch(unsigned domain, uintptr_t key) {
    return MEMTRACE_CALL_(touch, (domain, key));
}
/* The block of malloc's that begins at `pages` is room for a pool that tracks its pieces
 * itself, in whatever domain: so that nothing counts twice, it is in no figure from now
 * on, until it is freed. It may be resized. 0: done, or done before; -1 also: no traced
 * block begins there. */
MEMTRACE_INLINE_ int memtrace_pool(void* pages) { return MEMTRACE_CALL_(pool, (pages)); }

/* What the calling thread allocates or tracks from now on is not recorded, until it has
 * called memtrace_resume() as often. What it frees or untracks leaves the figures as
 * ever, and so does what it resizes. Lasts through a start and a stop, and in a fork's
 * child. 0; -2: no runtime. */
static inline int memtrace_pause(void) {
    return MEMTRACE_HAS_(pause) ? memtrace_get_functions()->pause() : -2;
}
static inline int memtrace_resume(void) {
    return MEMTRACE_HAS_(resume) ? memtrace_get_functions()->resume() : -2;
}

/* --- scopes --------------------------------------------------------------------------
 *
 * What the calling thread allocates and frees from here to there, and how high that
 * rises: `mt scope NAME` shows each call, and exact sums over all of them. Scopes nest,
 * at most 64 deep, and belong to the thread that began them. Pausing and domains are
 * as in all figures. */

/* A scope of this name begins, of which 55 characters count. A number to end it with, 0
 * or more; -1: not measured (64 are open, a signal handler inside an allocation, no
 * memory); -2: tracing is off, or no runtime. */
MEMTRACE_INLINE_ int memtrace_scope_begin(const char* name) {
    return MEMTRACE_CALL_(scope_begin, (name));
}
/* It ends, and with it those that began in it and have not ended (a longjmp left them).
 * 0: done; -1: it is not open; below 0 what memtrace_scope_begin() said, of which nothing
 * need be ended. */
MEMTRACE_INLINE_ int memtrace_scope_end(int scope) {
    return scope < 0 ? scope : MEMTRACE_CALL_(scope_end, (scope));
}

#ifdef __cplusplus
}
#endif
#if defined(__cplusplus) && __cplusplus >= 201103L
namespace memtrace {

/* Nothing that the thread allocates or tracks in this scope is recorded. Belongs to the
 * thread that made it. */
class Pause {
  public:
    Pause() { memtrace_pause(); }
    ~Pause() { memtrace_resume(); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
};

/* A scope from here to the end of the block, also by an exception. */
class Scope {
  public:
    explicit Scope(const char* name) : scope_(memtrace_scope_begin(name)) {}
    ~Scope() { memtrace_scope_end(scope_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

  private:
    int scope_;
};

} /* namespace memtrace */
#endif
#endif
