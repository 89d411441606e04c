// SPDX-License-Identifier: MIT
#include "report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "os/process.h"
#include "table/header.h"

namespace mt::compare {
namespace {

constexpr const char* kNames[] = {
#define MT_NAME(name) #name,
    MT_COMPARE_COUNTS(MT_NAME)
#undef MT_NAME
};
constexpr u32 kCounts = sizeof kNames / sizeof kNames[0];
constexpr u64 kWritten = 10;

struct Report {
    u32 pid;
    u64 written;
    u64 every;
    bool has_file;
    bool spoils;
    char file[512];  // copied early: programs write over their environment
    u64 counts[kCounts];
};
Report report;

void read_environment() {
    if (report.every != 0) return;
    const char* file = runtime::os::environment("MEMTRACE_COMPARE_OUT");
    report.has_file = file != nullptr && std::strlen(file) < sizeof report.file;
    if (report.has_file) std::strcpy(report.file, file);
    const char* every = runtime::os::environment("MEMTRACE_COMPARE_EVERY");
    report.every = every != nullptr ? std::strtoull(every, nullptr, 10) : 1;
    if (report.every == 0) report.every = 1;
    report.spoils = runtime::os::environment("MEMTRACE_COMPARE_SPOIL") != nullptr;
}

class File {
  public:
    File() {
        if (!report.has_file) return;
        char name[sizeof report.file + 16];
        std::snprintf(name, sizeof name, "%s.%u", report.file, report.pid);
        file_ = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
    ~File() {
        if (file_ >= 0) close(file_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void add(const char* text, std::size_t size) {
        while (file_ >= 0 && size > 0) {
            const ssize_t done = write(file_, text, size);
            if (done <= 0) return;
            text += done;
            size -= static_cast<std::size_t>(done);
        }
    }
    template <typename... Values>
    void line(const char* format, Values... values) {
        char text[256];
        const int size = std::snprintf(text, sizeof text, format, values...);
        add(text, static_cast<std::size_t>(size));
    }
    void add_maps() {
        const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
        char text[1024];
        for (ssize_t size; maps >= 0 && (size = read(maps, text, sizeof text)) > 0;) {
            add(text, static_cast<std::size_t>(size));
        }
        if (maps >= 0) close(maps);
    }

  private:
    int file_ = -1;
};

void write_stack(File& file, const Stack& stack) {
    file.line("  %s: %u frames, end %u\n", stack.name, stack.count, stack.end);
    for (u32 i = 0; i < stack.count; ++i) {
        file.line("    %u %#llx\n", i, static_cast<unsigned long long>(stack.pcs[i]));
    }
}

}  // namespace

void begin_counting() {
    const u32 pid = runtime::load(runtime::root().pid);
    if (report.pid == pid) return;
    read_environment();
    report.pid = pid;
    report.written = 0;
    for (u64& value : report.counts) value = 0;
}

void count(Count what) {
    __atomic_fetch_add(&report.counts[static_cast<u32>(what)], 1, __ATOMIC_RELAXED);
}

u64 compare_every() { return report.every; }
bool spoils_stacks() { return report.spoils; }

void write_difference(const char* what, const Stack& ours, const Stack& other) {
    if (report.written == kWritten) return;
    File file;
    file.line("difference: %s\n", what);
    write_stack(file, ours);
    write_stack(file, other);
    if (++report.written == 1) file.add_maps();
}

namespace {

__attribute__((destructor)) void write_counts() {
    if (report.pid == 0) return;
    File file;
    for (u32 i = 0; i < kCounts; ++i) {
        file.line("%s %llu\n", kNames[i], static_cast<unsigned long long>(report.counts[i]));
    }
}

}  // namespace
}  // namespace mt::compare
