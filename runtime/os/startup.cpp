// SPDX-License-Identifier: MIT
//
// A filter of system calls that is inherited lets the loader do its work: so there is
// openat, read and close.
#include "os/startup.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "os/filter.h"
#include "os/process.h"
#include "os/readable.h"
#include "os/syscall.h"
#include "os/thread.h"

namespace mt::runtime::os {

char first_thread_name[16];

namespace {

constexpr std::uint32_t kMostPath = 4096;
char path[kMostPath];
std::uint32_t path_length = 0;

// The first bytes of a file of /proc, and a zero. False: there are none.
bool read_start(const char* name, char* text, std::uint32_t capacity) {
    const long file =
        raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(name), O_RDONLY | O_CLOEXEC);
    if (failed(file)) return false;
    const long got = raw_syscall(SYS_read, file, reinterpret_cast<long>(text), capacity - 1);
    raw_syscall(SYS_close, file);
    if (failed(got)) return false;
    text[got] = '\0';
    return got > 0;
}

// What follows `label` at the start of a line, or nullptr.
const char* field(const char* text, const char* label) {
    for (bool starts_line = true; *text != '\0'; starts_line = *text++ == '\n') {
        std::uint32_t i = 0;
        while (starts_line && label[i] != '\0' && text[i] == label[i]) ++i;
        if (starts_line && label[i] == '\0') return text + i;
    }
    return nullptr;
}

// The kernel writes a newline and a backslash of a name as two characters.
void keep_name(const char* value) {
    for (std::uint32_t i = 0; i + 1 < sizeof(first_thread_name); ++i, ++value) {
        if (*value == '\0' || *value == '\n') return;
        const bool escaped = *value == '\\';
        if (escaped && *++value == '\0') return;
        first_thread_name[i] = escaped && *value == 'n' ? '\n' : *value;
    }
}

// Not read from a link where that call may be forbidden: as it was started then.
void learn_path() {
    if (!is_filtered) {
        const long length =
            raw_syscall(SYS_readlinkat, AT_FDCWD, reinterpret_cast<long>("/proc/self/exe"),
                        reinterpret_cast<long>(path), kMostPath);
        if (!failed(length)) {
            path_length = static_cast<std::uint32_t>(length);
            return;
        }
    }
    const auto* started = started_as();
    while (started != nullptr && path_length < kMostPath && started[path_length] != '\0') {
        path[path_length] = started[path_length];
        ++path_length;
    }
}

void learn_ids(const std::uint32_t* field) {
    // bits, count, offset: as libthread_db reads it (glibc's nptl_db/db_info.c).
    constexpr std::uint32_t kFarthest = 16384;
    const bool usable = field != nullptr && field[0] == 32 && field[1] == 1 && field[2] != 0 &&
                        field[2] < kFarthest;
    if (usable) identity.id_at = field[2];
    const bool is_alone = usable && has_one_thread() && id_in(thread_pointer()) != 0;
    identity.process = is_alone ? thread_id() : process_id();
    if (thread_id() == identity.process) identity.main_thread = thread_pointer();
}

}  // namespace

void learn_process(const std::uint32_t* thread_id_field) {
    char* const status = path;  // whose time is later
    const bool known = read_start("/proc/self/status", status, kMostPath);
    const char* name = known ? field(status, "Name:\t") : nullptr;
    const char* seccomp = known ? field(status, "Seccomp:\t") : nullptr;
    if (name != nullptr) keep_name(name);
    is_filtered = !known || (seccomp != nullptr && *seccomp != '0');
    // Before version 5.7 rr does not know what is asked here and stops the program.
    must_ask_by_mask = environment("RUNNING_UNDER_RR") != nullptr;
    learn_ids(thread_id_field);
    learn_path();
}

std::uint32_t program_path(char* out, std::uint32_t capacity) {
    const std::uint32_t length = path_length < capacity ? path_length : capacity;
    for (std::uint32_t i = 0; i < length; ++i) out[i] = path[i];
    return length;
}

}  // namespace mt::runtime::os
