// SPDX-License-Identifier: MIT
#include "os/shared_file.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>

#include "os/pages.h"
#include "os/syscall.h"
#include "os/thread.h"

namespace mt::runtime::os {
namespace {

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

constexpr std::size_t kPage = 4096;

long call(long number, const void* a, long b = 0, long c = 0, long d = 0) {
    return raw_syscall(number, reinterpret_cast<long>(a), b, c, d);
}

std::uint32_t append(char* out, std::uint32_t at, const char* text) {
    for (; *text != '\0' && at + 1 < kMostPath; ++text) out[at++] = *text;
    out[at] = '\0';
    return at;
}

std::uint32_t append_number(char* out, std::uint32_t at, std::uint32_t number) {
    char digits[12];
    std::uint32_t i = sizeof digits;
    digits[--i] = '\0';
    do digits[--i] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return append(out, at, digits + i);
}

// A limit that is none is the largest number.
std::uint64_t limit(int resource) {
    rlimit now{};
    const long result = raw_syscall(SYS_prlimit64, 0, resource, 0, reinterpret_cast<long>(&now));
    return failed(result) ? ~std::uint64_t{0} : now.rlim_cur;
}

// Of limits on the size of files, past which ftruncate ends the program (SIGXFSZ), and on address
// space, which is the program's.
std::size_t within_limits(std::size_t most) {
    constexpr std::uint64_t kShare = 8;
    const std::uint64_t file = limit(RLIMIT_FSIZE);
    const std::uint64_t space = limit(RLIMIT_AS);
    std::uint64_t size = most;
    if (file < size) size = file;
    if (space != ~std::uint64_t{0} && space / kShare < size) size = space / kShare;
    return static_cast<std::size_t>(size / kPage * kPage);
}

int open_new(SharedFile& file) {
    constexpr long kFlags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    constexpr long kOwnerReads = 0400;
    long made =
        raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(file.path), kFlags, kOwnerReads);
    if (made == -EEXIST) {  // of one with this number that was killed just here
        raw_syscall(SYS_unlinkat, AT_FDCWD, reinterpret_cast<long>(file.path), 0);
        made = raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(file.path), kFlags,
                           kOwnerReads);
    }
    if (failed(made)) return static_cast<int>(-made);
    file.descriptor = static_cast<int>(made);
    return 0;
}

// False: blocks were written for what is not there. vfat does so, for as long as that takes: hence
// a little first.
bool makes_holes(int descriptor) {
    constexpr long kLittle = 1 << 20;
    struct stat info {};
    if (failed(raw_syscall(SYS_ftruncate, descriptor, kLittle))) return true;  // said otherwise
    const long got = raw_syscall(SYS_fstat, descriptor, reinterpret_cast<long>(&info));
    return failed(got) || info.st_blocks * 512 < kLittle / 2;
}

int give_size(SharedFile& file, std::size_t most, std::size_t least) {
    if (!makes_holes(file.descriptor)) return kNoHoles;
    long result = 0;
    for (std::size_t size = most; size >= least; size /= 2) {
        result = raw_syscall(SYS_ftruncate, file.descriptor, static_cast<long>(size));
        if (!failed(result)) {
            file.size = size;
            return 0;
        }
        if (result != -EFBIG && result != -EINVAL) break;
    }
    return failed(result) ? static_cast<int>(-result) : kLittleSpace;
}

int map(SharedFile& file, std::size_t least) {
    for (std::size_t size = file.size; size >= least; size /= 2) {
        const long at = raw_syscall(SYS_mmap, 0, static_cast<long>(size), PROT_NONE,
                                    MAP_SHARED | MAP_NORESERVE, file.descriptor, 0);
        if (failed(at)) continue;
        void* rest = map_pages(kLeftToProgram);
        if (rest != nullptr) {
            unmap_pages(rest, kLeftToProgram);
            file.pages = reinterpret_cast<char*>(at);
            file.size = size;
            return 0;
        }
        unmap_pages(reinterpret_cast<void*>(at), size);
    }
    return kLittleSpace;
}

// The kernel's name for the open file.
void learn_name(SharedFile& file, const char* path) {
    char link[40];
    append_number(link, append(link, 0, "/proc/self/fd/"),
                  static_cast<std::uint32_t>(file.descriptor));
    const long length = raw_syscall(SYS_readlinkat, AT_FDCWD, reinterpret_cast<long>(link),
                                    reinterpret_cast<long>(file.absolute), kMostPath - 1);
    if (failed(length)) {
        append(file.absolute, 0, path);
    } else {
        file.absolute[length] = '\0';
    }
}

constexpr long kKeeps = 1;  // RENAME_NOREPLACE, which not every file system has

long rename(const char* from, const char* to, long flags) {
    return raw_syscall(SYS_renameat2, AT_FDCWD, reinterpret_cast<long>(from), AT_FDCWD,
                       reinterpret_cast<long>(to), flags);
}

void close(SharedFile& file) {
    if (file.descriptor >= 0) raw_syscall(SYS_close, file.descriptor);
    file.descriptor = -1;
}

}  // namespace

void make_shared_file(SharedFile& file, const char* path, std::size_t most, std::size_t least) {
    const std::size_t size = within_limits(most);
    file.error = size < least ? kLittleSpace : 0;
    if (file.error != 0) return;
    append(
        file.path,
        append_number(file.path, append(file.path, append(file.path, 0, path), "."), process_id()),
        ".new");
    if ((file.error = open_new(file)) != 0) return;
    file.error = give_size(file, size, least);
    if (file.error == 0) file.error = map(file, least);
    if (file.error != 0) abandon_shared_file(file);
}

bool publish_shared_file(SharedFile& file, const char* path, bool replaces) {
    long result = rename(file.path, path, replaces ? 0 : kKeeps);
    if (result == -EINVAL && !replaces) result = rename(file.path, path, 0);
    file.error = failed(result) ? static_cast<int>(-result) : 0;
    if (file.error != 0) return false;
    learn_name(file, path);
    close(file);
    return true;
}

void abandon_shared_file(SharedFile& file) {
    if (file.pages != nullptr) unmap_pages(file.pages, file.size);
    file.pages = nullptr;
    if (file.descriptor < 0) return;
    raw_syscall(SYS_unlinkat, AT_FDCWD, reinterpret_cast<long>(file.path), 0);
    close(file);
}

bool allow_pages(void* address, std::size_t size) {
    return !failed(call(SYS_mprotect, address, static_cast<long>(size), PROT_READ | PROT_WRITE));
}

void forbid_pages(void* address, std::size_t size) {
    call(SYS_mprotect, address, static_cast<long>(size), PROT_NONE);
}

int allocate_pages(void* address, std::size_t size) {
    constexpr int kTries = 100;  // a signal, or memory that is being moved, ends it early
    long result = 0;
    for (int i = 0; i < kTries; ++i) {
        result = call(SYS_madvise, address, static_cast<long>(size), MADV_POPULATE_WRITE);
        if (result != -EINTR && result != -EAGAIN) break;
    }
    return failed(result) ? static_cast<int>(-result) : 0;
}

bool punch_pages(void* address, std::size_t size) {
    return !failed(call(SYS_madvise, address, static_cast<long>(size), MADV_REMOVE));
}

bool replace_pages(void* address, std::size_t size) {
    const long at = raw_syscall(SYS_mmap, reinterpret_cast<long>(address), static_cast<long>(size),
                                PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return !failed(at);
}

Standing look_at_file(const char* path, std::uint64_t offset, void* out, std::size_t size) {
    Standing found;
    struct stat info {};
    const long looked = raw_syscall(SYS_newfstatat, AT_FDCWD, reinterpret_cast<long>(path),
                                    reinterpret_cast<long>(&info), AT_SYMLINK_NOFOLLOW);
    if (failed(looked)) {
        found.error = static_cast<int>(-looked);
        return found;
    }
    found.is_file = S_ISREG(info.st_mode);
    found.size = static_cast<std::uint64_t>(info.st_size);
    if (!found.is_file) return found;
    const long file = raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path),
                                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (failed(file)) {
        found.error = static_cast<int>(-file);
        return found;
    }
    const long got = raw_syscall(SYS_pread64, file, reinterpret_cast<long>(out),
                                 static_cast<long>(size), static_cast<long>(offset));
    raw_syscall(SYS_close, file);
    if (!failed(got)) found.got = static_cast<std::size_t>(got);
    return found;
}

void rename_file(const char* from, const char* to, bool replaces) {
    rename(from, to, replaces ? 0 : kKeeps);
}

std::uint64_t process_start(std::uint32_t pid) {
    char path[40];
    char text[1024];
    append(path, append_number(path, append(path, 0, "/proc/"), pid), "/stat");
    const long file =
        raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDONLY | O_CLOEXEC);
    if (failed(file)) return 0;
    const long got = raw_syscall(SYS_read, file, reinterpret_cast<long>(text), sizeof text - 1);
    raw_syscall(SYS_close, file);
    if (failed(got)) return 0;
    text[got] = '\0';
    // Behind the name, which may hold anything, fields are numbered from 3; this one is 22.
    const char* at = text;
    for (const char* i = text; *i != '\0'; ++i) {
        if (*i == ')') at = i + 1;
    }
    constexpr int kSpaces = 20;
    for (int i = 0; i < kSpaces; ++i) {
        while (*at != '\0' && *at != ' ') ++at;
        if (*at == ' ') ++at;
    }
    std::uint64_t ticks = 0;
    for (; *at >= '0' && *at <= '9'; ++at) ticks = ticks * 10 + static_cast<unsigned>(*at - '0');
    return ticks;
}

std::size_t auxiliary_vector(void* out, std::size_t size) {
    const long file = raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/auxv"),
                                  O_RDONLY | O_CLOEXEC);
    if (failed(file)) return 0;
    const long got =
        raw_syscall(SYS_read, file, reinterpret_cast<long>(out), static_cast<long>(size));
    raw_syscall(SYS_close, file);
    return failed(got) ? 0 : static_cast<std::size_t>(got);
}

std::uint64_t seconds_now() {
    timespec now{};
    const long result =
        raw_syscall(SYS_clock_gettime, CLOCK_REALTIME, reinterpret_cast<long>(&now));
    return failed(result) ? 0 : static_cast<std::uint64_t>(now.tv_sec);
}

}  // namespace mt::runtime::os
