/* SPDX-License-Identifier: MIT
 *
 * The core's C interface: what a debugger adapter must give, and what it gets.
 * Pure C, so that GDB's ctypes and the LLDB plugin load one and the same file.
 * An adapter holds no logic: it passes a command line in and answers questions
 * about memory, symbols, threads and the target. What both would have to decide in
 * the same way is decided here.
 *
 * Threads: a session is used by one thread at a time. No exception crosses this
 * border. Every string is UTF-8 as far as the debuggee allows, zero terminated,
 * and valid only during the call that passes it; the receiver copies. */
#ifndef MEMTRACE_CORE_H
#define MEMTRACE_CORE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(MEMTRACE_CORE_BUILD)
#define MTC_API __attribute__((visibility("default")))
#else
#define MTC_API
#endif

/* Raised when a struct or a meaning changes; an adapter refuses another number. */
#define MTC_ABI 9u

/* What callbacks and calls return. */
enum mtc_status {
    MTC_OK = 0,
    MTC_ERROR = 1,       /* of mtc_run: mtc_error() has one line for the user */
    MTC_INTERRUPTED = 2, /* the user pressed Ctrl-C; nothing was changed or kept */
    MTC_NOT_OURS = 3,    /* of mtc_run: the first word is none of our verbs; no output was made */
    MTC_BAD_VALUE = 4,   /* of mtc_query: a value that the operation does not take; mtc_error() */
    MTC_BAD_FILE = 5     /* of mtc_query: a file could not be read or written; mtc_error() */
};

enum mtc_target_kind {
    MTC_TARGET_NONE = 0, /* no program has been started */
    MTC_TARGET_LIVE = 1,
    MTC_TARGET_CORE = 2,    /* a core file */
    MTC_TARGET_REPLAY = 3,  /* recorded execution: memory cannot be written */
    MTC_TARGET_EXITED = 4,  /* there was a process; it is gone */
    MTC_TARGET_DETACHED = 5 /* there was a process; the debugger has let go of it */
};

typedef struct mtc_target {
    int32_t kind;           /* enum mtc_target_kind */
    int32_t is_remote;      /* 1: the process is not on this machine (gdbserver, platform) */
    int32_t is_running;     /* 1: its threads run at this moment */
    int32_t pointer_width;  /* bytes, 0 = unknown */
    int64_t pid;            /* as the debugger knows it; of a core: the dead process's; 0 = none */
    const char* executable; /* path, or NULL */
    const char* core;       /* path of the core file, or NULL */
    /* Where the user has told the debugger to look, as folders with a colon between them; NULL:
     * it cannot tell. */
    const char* sysroot;       /* one folder; "" and "target:" are none */
    const char* file_folders;  /* with libraries, by their names alone */
    const char* debug_folders; /* as /usr/lib/debug */
} mtc_target;

/* One frame of the inline expansion of a program counter. */
typedef struct mtc_frame {
    const char* function;  /* as the debugger prints it, or NULL */
    const char* linkage;   /* mangled name, or NULL */
    const char* file;      /* or NULL; absolute if the debugger can tell */
    const char* directory; /* compilation directory for a relative file, or NULL */
    uint32_t line;         /* 0 = unknown */
} mtc_frame;
typedef void (*mtc_add_frame)(void* sink, const mtc_frame* frame);

/* An ELF symbol that covers an address, where debug information is missing. */
typedef struct mtc_symbol {
    const char* name; /* linkage name */
    uint64_t start;
    uint64_t size; /* 0 = unknown */
} mtc_symbol;
typedef void (*mtc_add_symbol)(void* sink, const mtc_symbol* symbol);

typedef struct mtc_region {
    uint64_t start, end;
    int32_t readable, writable;
} mtc_region;
typedef void (*mtc_add_region)(void* sink, const mtc_region* region);
typedef void (*mtc_add_text)(void* sink, const char* text);

typedef struct mtc_thread {
    uint32_t number;        /* as the user names it */
    uint32_t tid;           /* system id; 0 = unknown */
    uint64_t stack_pointer; /* 0: its registers cannot be read */
} mtc_thread;
typedef void (*mtc_add_thread)(void* sink, const mtc_thread* thread);

typedef struct mtc_register {
    uint32_t thread;  /* its number in mtc_thread */
    uint32_t tid;     /* system id; 0 = unknown */
    const char* name; /* "rbx", "fs_base", "xmm3[1]": see registers() */
    uint64_t value;
} mtc_register;
typedef void (*mtc_add_register)(void* sink, const mtc_register* reg);

enum mtc_value_kind {
    MTC_VALUE_OTHER = 0,  /* a struct, a floating-point number, … */
    MTC_VALUE_NUMBER = 1, /* a pointer, integer, enumerator, character or truth value */
    MTC_VALUE_PLACE = 2   /* an array or function, which means where it lies */
};

/* A value in the program's language; of a reference that to which it refers. */
typedef struct mtc_value {
    int32_t kind; /* enum mtc_value_kind */
    int32_t reserved;
    uint64_t number;  /* of MTC_VALUE_NUMBER; a negative one as 64 bits of two's complement */
    uint64_t address; /* of MTC_VALUE_PLACE; 0: it is a copy whose original is not known */
    const char* type; /* as users call it, or NULL */
} mtc_value;

/* A frame of a stopped thread that is not inlined. */
typedef struct mtc_caller {
    uint64_t pc, sp;
    int32_t is_signal; /* 1: the kernel's, from which a signal handler returns */
    int32_t reserved;
} mtc_caller;
typedef void (*mtc_add_caller)(void* sink, const mtc_caller* caller);

enum mtc_call_state {
    MTC_CALL_RETURNED = 0,
    MTC_CALL_LATE = 1,  /* it has returned, but its result is not known */
    MTC_CALL_STUCK = 2, /* it has not returned: the thread stands within it */
    MTC_CALL_NONE = 3   /* nothing was called */
};
typedef struct mtc_called {
    int32_t state; /* enum mtc_call_state */
    int32_t reserved;
    uint64_t result; /* of MTC_CALL_RETURNED: an integer */
} mtc_called;
/* What print() writes to. */
typedef struct mtc_screen {
    int32_t is_terminal; /* 1: somebody reads along; 0: a file, a pipe, a log or a script does */
    int32_t columns;     /* 0 = without a limit */
    int32_t has_style;   /* 1: bold and colours are wanted */
    int32_t reserved;
} mtc_screen;

/* The debugger, as the core sees it. Callbacks return enum mtc_status and never
 * let an exception or a longjmp out; one that the debugger cannot serve is NULL
 * where "optional" stands. */
typedef struct mtc_debugger {
    uint32_t abi;  /* MTC_ABI */
    uint32_t size; /* sizeof(mtc_debugger) */
    void* user;    /* given back with each call */

    /* Reads `size` bytes at `address`; *got says how many from the start were read. Fewer
     * than asked is no error, nor does it say that the next one cannot be read: the core
     * asks for less then. */
    int (*read)(void* user, uint64_t address, void* buffer, uint64_t size, uint64_t* got);
    /* Writes all or nothing. Refused by cores and replays. */
    int (*write)(void* user, uint64_t address, const void* bytes, uint64_t size);
    /* Address of a data symbol; MTC_ERROR when there is none. Evaluates nothing. */
    int (*find_symbol)(void* user, const char* name, uint64_t* address);
    /* Writable memory of the target; optional (the core knows /proc and ELF cores). */
    int (*regions)(void* user, mtc_add_region add, void* sink);
    /* Frames at `pc`, innermost inline frame first. `pc` already lies inside the
     * call instruction: look it up as it is. No debug information: add nothing. */
    int (*symbolise)(void* user, uint64_t pc, mtc_add_frame add, void* sink);
    /* The symbol that covers `pc`; optional. */
    int (*symbol_at)(void* user, uint64_t pc, mtc_add_symbol add, void* sink);
    int (*target)(void* user, mtc_target* out);
    /* Prints; `length` bytes of UTF-8, any number of lines. */
    void (*print)(void* user, const char* text, uint64_t length);
    /* 1 when the user has asked to stop. Polled between pieces of long work. */
    int (*interrupted)(void* user);
    /* Text of a source line without its end; optional: the core then reads the file itself. */
    int (*source_line)(void* user, const char* file, uint32_t line, mtc_add_text add, void* sink);
    /* Prepares the next run: `library` is to be preloaded into the program (NULL:
     * no longer), and the variable MEMTRACE set to `start` (NULL: removed).
     * Existing preloads and wrappers are kept; the debugger's shell stays untouched.
     * On failure calls `why` with one line. */
    int (*prepare_run)(void* user, const char* library, const char* start, mtc_add_text why,
                       void* sink);
    /* The process exists but has not mapped the runtime yet: call mtc_loaded()
     * once, as soon as it has and before it runs any code of it (or at
     * memtrace_loaded). MTC_ERROR: cannot. */
    int (*await_runtime)(void* user);
    /* Until it is called with `on` 0: call mtc_loaded() in each process of this target
     * that maps the runtime, and mtc_stopped() whenever a thread comes to `function`,
     * a function of the runtime with five integer arguments. MTC_ERROR: cannot. */
    int (*set_stop_point)(void* user, const char* function, int on);
    /* An expression in the user's language, in the selected frame if there is one. Calls
     * nothing in the program. MTC_ERROR: calls `why` with one line. Optional. */
    int (*evaluate)(void* user, const char* expression, mtc_value* value, mtc_add_text why,
                    void* sink);
    /* The threads that are stopped; optional. */
    int (*threads)(void* user, mtc_add_thread add, void* sink);
    /* With `frames`: call mtc_reached() whenever a thread comes to the entry of `function` (by
     * any of its names or overloads, also in libraries that are loaded later), or to
     * `address` if that is NULL, with the innermost frames as far as the `frames`-th that is
     * not inlined. *places: where it is now. `point` is the core's number for it; with
     * `frames` 0 only that counts: no more calls for it. Both also from within
     * mtc_reached(). A point at an address is of this process only: forgotten when it
     * ends. MTC_ERROR: cannot. */
    int (*set_point)(void* user, uint64_t point, const char* function, uint64_t address,
                     uint32_t frames, uint32_t* places);
    /* System id of the selected thread; 0 = there is none. */
    int (*current_thread)(void* user, uint64_t* thread);
    /* What the registers of all stopped threads hold, thread by thread: the general ones,
     * `fs_base`, and of vector registers as much as the debugger shows, each 64 bits under one
     * name: xmm3[0], xmm3[1], then ymm3[2], ymm3[3], then zmm3[4] to zmm3[7]. What is 0 may be
     * left out. A thread whose registers cannot be read adds none; threads() has it all the
     * same. The selected thread and frame stay. MTC_ERROR: cannot, not on this processor.
     * Optional. */
    int (*registers)(void* user, mtc_add_register add, void* sink);
    /* Shows at a terminal what long work is at: one line of at most 79 columns instead of the
     * last one; an empty text takes that away. Only while mtc_run() works, before anything
     * else is printed. Optional: nobody waits at a terminal. */
    void (*progress)(void* user, const char* text);
    /* Frames of a stopped thread, by its number in mtc_thread, innermost first; `most` at most.
     * The selected thread and frame stay. Optional. */
    int (*stack)(void* user, uint32_t thread, uint32_t most, mtc_add_caller add, void* sink);
    /* Lets all of the program run until a thread comes to one of these addresses, and stops it
     * there; for so long at most. Meanwhile the user's breakpoints do not count. *thread: its
     * number; 0: none came. Nothing of this is left in the program. MTC_ERROR: cannot. Optional. */
    int (*run_to)(void* user, const uint64_t* addresses, uint32_t count, uint32_t milliseconds,
                  uint32_t* thread);
    /* Calls the function at this address with integers, in a stopped thread whose registers are
     * put back afterwards, while all others run; breakpoints of the user's do not count. A call
     * that takes longer than this is waited for a while more and never torn off. Puts nothing
     * into the program's heap. MTC_ERROR: calls `why` with one line. Optional. */
    int (*call_function)(void* user, uint32_t thread, uint64_t function, const uint64_t* arguments,
                         uint32_t count, uint32_t milliseconds, mtc_called* out, mtc_add_text why,
                         void* sink);
    /* Where the output of this mtc_run() goes. Optional: to no terminal. */
    int (*screen)(void* user, mtc_screen* out);
} mtc_debugger;

/* One frame of a stack. */
typedef struct mtc_activation {
    uint64_t pc, sp;      /* sp: of an outer one, as it will be after the return into it */
    const char* function; /* of an inlined one, as the debugger prints it; or NULL */
    int32_t is_inlined;   /* 1: its code stands in the function outside of it */
    int32_t reserved;
} mtc_activation;

/* A thread that has come to a point. */
typedef struct mtc_hit {
    uint64_t point;
    uint64_t thread;              /* system id */
    const mtc_activation* frames; /* innermost first; as many as set_point() asked for, if there
                                     are so many */
    uint32_t frame_count;         /* at least 1 */
    int32_t reserved;
} mtc_hit;

/* What is to be done with a thread that has come to the stop point. */
typedef struct mtc_stop {
    int32_t stays;  /* 1: it is a stop for the user; 0: the program goes on, unseen */
    uint32_t level; /* to be selected: this many frames, inlined ones too, outside … */
    uint64_t pc;    /* … the innermost frame with this pc; 0 = none is to be selected */
} mtc_stop;

typedef struct mtc_session mtc_session;

/* One session per target (inferior). `library_directory` is where libmemtrace.so
 * lies (…/lib); copied. NULL: out of memory or another abi. */
MTC_API mtc_session* mtc_open(const mtc_debugger* debugger, const char* library_directory);
MTC_API void mtc_close(mtc_session* session);

/* Runs one command: what the user typed after `mt`, "" for `mt` alone. */
MTC_API int mtc_run(mtc_session* session, const char* line);
/* How many blocks the last mtc_run() has shown as leaks; 0: none, or no mt leaks. */
MTC_API uint64_t mtc_leaked(const mtc_session* session);
/* One line, without "error:"; never NULL; valid until the session's next call. */
MTC_API const char* mtc_error(const mtc_session* session);
/* The runtime has been mapped (answer to await_runtime). */
MTC_API int mtc_loaded(mtc_session* session);
/* The debugger has got (another) program to run; target() names it. Optional. */
MTC_API int mtc_program(mtc_session* session);

/* A thread has come to the function that set_stop_point() named, with these arguments.
 * `add` gets what is to be printed if the program stays stopped. Makes no call of
 * set_stop_point(). MTC_ERROR: the program goes on; mtc_error(). */
MTC_API int mtc_stopped(mtc_session* session, const uint64_t arguments[5], mtc_add_text add,
                        void* sink, mtc_stop* out);

/* A thread has come to a point of set_point(). As mtc_stopped(). */
MTC_API int mtc_reached(mtc_session* session, const mtc_hit* hit, mtc_add_text add, void* sink,
                        mtc_stop* out);

/* Completions of the last word of `line` (what stands after `mt `), whole words. */
MTC_API int mtc_complete(mtc_session* session, const char* line, mtc_add_text add, void* sink);

/* The verbs, for registration and help; index from 0; NULL past the end. */
MTC_API const char* mtc_verb(uint32_t index);
MTC_API const char* mtc_verb_summary(uint32_t index); /* one line */
MTC_API const char* mtc_verb_help(uint32_t index);    /* usage, options, example */

MTC_API uint32_t mtc_abi(void);
MTC_API const char* mtc_version(void);

/* Bytes that tracing counts now and at its peak, without a command; for
 * convenience functions. MTC_ERROR: nothing is traced. MTC_BAD_VALUE: what is traced
 * cannot be told; mtc_error(). */
MTC_API int mtc_traced_memory(mtc_session* session, uint64_t* current, uint64_t* peak);

/* The live block of the heap that holds what `pointer` means, without a command; *start is 0
 * if there is none. Errors as above; MTC_BAD_VALUE also of a value that is no address. */
MTC_API int mtc_block(mtc_session* session, const mtc_value* pointer, uint64_t* start,
                      uint64_t* size);

/* What the variable LD_PRELOAD is to be: `list`, as it is, with `library` and without `former`,
 * which an earlier call has put there. NULL: none. */
MTC_API int mtc_preloads(const char* list, const char* former, const char* library,
                         mtc_add_text add, void* sink);

/* Answers one request of a script, both JSON (docs/python.md); prints nothing. `add`
 * gets the answer, once, when the status is MTC_OK. A query inside a call of this
 * session (from one of its callbacks) is refused. */
MTC_API int mtc_query(mtc_session* session, const char* request, mtc_add_text add, void* sink);

#ifdef __cplusplus
}
#endif
#endif
