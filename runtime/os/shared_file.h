// SPDX-License-Identifier: MIT
//
// A new file of the runtime's own that is mapped shared, so that what is written there outlives
// the process. Made at start, before the program may have forbidden itself to open files; later
// only madvise and mprotect are needed, and no descriptor is kept: a program may close all that it
// has, and get the number again. Knows nothing of what the file holds.
#ifndef MEMTRACE_OS_SHARED_FILE_H
#define MEMTRACE_OS_SHARED_FILE_H

#include <cstddef>
#include <cstdint>

namespace mt::runtime::os {

inline constexpr std::uint32_t kMostPath = 4096;  // with its zero

// In errors beside those of Linux.
enum FileError : int { kNoHoles = 10003, kLittleSpace = 10004, kOldKernel = 10002 };

// Of a file that is being made, at `path` beside its place.
struct SharedFile {
    char* pages = nullptr;
    std::size_t size = 0;  // all of it, a hole; nothing can be read or written yet
    int descriptor = -1;
    int error = 0;                  // not 0: there is none
    char path[kMostPath] = {};      // of the beginnings
    char absolute[kMostPath] = {};  // where it is, once published; not known: as it was asked for
};

// A file of up to `most` bytes, no less than `least`, readable by its owner alone and writable by
// nobody, under another name than `path` at first. Leaves what is mapped where a limit on address
// space is near.
void make_shared_file(SharedFile& file, const char* path, std::size_t most, std::size_t least);
// Under its name, which another process may have taken meanwhile (EEXIST), unless that `replaces`
// what is there.
bool publish_shared_file(SharedFile& file, const char* path, bool replaces);
void abandon_shared_file(SharedFile& file);

// Pages of it that are to be used: may be read and written from now on.
bool allow_pages(void* address, std::size_t size);
void forbid_pages(void* address, std::size_t size);
// They have room on the disk, so that no write to them will be refused. 0, or an errno: EFAULT is
// what the kernel says of a disk that is full, EINVAL one before 5.14.
int allocate_pages(void* address, std::size_t size);
// They read as zeros again and take no room. False: the file system cannot do that.
bool punch_pages(void* address, std::size_t size);
// Zeros of the process's own in their place, which no file has any more.
bool replace_pages(void* address, std::size_t size);

// What stands under a name: the first bytes of a regular file. -1: nothing, or an error.
struct Standing {
    int error = 0;         // ENOENT: nothing stands there
    bool is_file = false;  // a regular one, and no link
    std::uint64_t size = 0;
    std::size_t got = 0;
};
Standing look_at_file(const char* path, std::uint64_t offset, void* out, std::size_t size);

// Over what stands at `to`, unless that is a folder, or if it `replaces` nothing.
void rename_file(const char* from, const char* to, bool replaces);

// Ticks from boot to the start of a process (proc(5), stat); 0: there is none, or it is not told.
std::uint64_t process_start(std::uint32_t pid);
// The kernel's block for the program, as NT_AUXV holds it. Returns bytes, at most `size`.
std::size_t auxiliary_vector(void* out, std::size_t size);
std::uint64_t seconds_now();

}  // namespace mt::runtime::os

#endif
