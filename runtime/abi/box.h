// SPDX-License-Identifier: MIT
//
// What the black box says of itself: a file that is an ELF core (System V gABI), with the table in
// its segments and this in a note. The runtime keeps it in the memory that is the file's; readers
// find it by Header::box in a process, by the note in the file. See
// docs/decisions/0016-black-box.md.
#ifndef MEMTRACE_ABI_BOX_H
#define MEMTRACE_ABI_BOX_H

#include "abi/process.h"

namespace mt::abi {

inline constexpr char kBoxMagic[16] = {'m', 'e', 'm', 't', 'r', 'a',  'c',  'e',
                                       ' ', 'b', 'o', 'x', ' ', '\r', '\n', '\x1a'};
// The note's name, with the zero that ELF counts, and its type.
inline constexpr char kBoxNote[9] = "memtrace";
inline constexpr u32 kBoxNoteType = 0x626f78;
inline constexpr u32 kMostBoxName = 4096;

enum class BoxState : u32 {
    none = 0,     // was not asked for
    open = 1,     // all of the table is in the file
    partly = 2,   // Box::missing bytes of it are in the process's memory alone
    failed = 3,   // there is no file: Header::box_error says why
    parents = 4,  // the process is a child of one that has it, and has none itself
};

// Why there is none, or not of all: an errno of Linux, or one of these.
enum class BoxError : u32 {
    foreign_file = 10001,  // what stands under that name is no black box, and is not replaced
    old_kernel = 10002,    // before 5.14 (MADV_POPULATE_WRITE)
    no_holes = 10003,      // the file system writes what is not there yet
    little_space = 10004,  // RLIMIT_AS, RLIMIT_FSIZE
    filtered = 10005,      // a filter of system calls
    long_name = 10006,
    space_used = 10007,  // all that was set aside is taken
    busy = 10008,        // another thread was at work there
};

struct Box {
    char magic[16];
    u16 major, minor;  // kMajor, kMinor
    u32 size;          // of Box
    u32 pid;
    u32 state;           // BoxState
    u64 process_start;   // ticks from boot to the start of the process (proc(5), stat: starttime)
    u64 begun;           // seconds since 1970
    u64 used;            // bytes from the start of the file; the rest is a hole
    u64 missing;         // bytes of the table that are not in it
    u32 error;           // the first reason for that
    u32 program_length;  // of the names below, which have no zero at their end
    u32 path_length;
    u32 reserved0;
    u64 cookie;  // Root::cookie
    u64 root;    // address of the root in the process; the copy's segment has it, too
    u64 reserved[4];
    char program[kMostBoxName];  // that was running
    char path[kMostBoxName];     // of this file when it was made
};

// The file: ELF and program headers, notes, a copy of the root, then the table.
inline constexpr u32 kBoxNotes = 512;  // offset; the first is the box's
inline constexpr u32 kBoxAt =
    kBoxNotes + 24;                       // of Box: its note begins with three words and the name
inline constexpr u32 kBoxSizes = 152;     // of p_filesz and p_memsz of the table's segment
inline constexpr u32 kBoxRoot = 28672;    // offset of the copy
inline constexpr u32 kBoxHeader = 32768;  // bytes before the table

static_assert(sizeof(Box) == 128 + 2 * kMostBoxName);
static_assert(offsetof(Box, process_start) == 32 && offsetof(Box, missing) == 56);

}  // namespace mt::abi

#endif
