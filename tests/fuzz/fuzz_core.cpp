// SPDX-License-Identifier: MIT
//
// The reader of ELF cores over any bytes, steered by coverage: what a core says of itself, its
// memory, its threads' registers, a search for a table in it. What it says must be true of the
// file: memory that it claims can be read, in order, and is what the file has.
//   fuzz_core -max_total_time=60 -rss_limit_mb=512 -timeout=5 CORPUS
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "read/reader.h"
#include "source/core_memory.h"
#include "source/core_registers.h"
#include "support/fake_memory.h"

namespace {

using namespace mt::core;

constexpr std::size_t kLongest = 4096;  // of what is read in one piece

void check(bool holds, int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "line %d does not hold\n", line);
    std::abort();
}

void look_at_memory(CoreMemory& memory, const CoreFile& core, const std::uint8_t* file) {
    std::uint64_t end = 0;
    std::uint8_t bytes[kLongest];
    for (const CoreBytes& part : core.present) {
        check(part.start < part.end && part.start >= end);
        end = part.end;
        const std::uint64_t offset = part.start + part.shift;
        check(offset < core.size && part.end - part.start <= core.size - offset);
        const std::size_t want = std::min<std::uint64_t>(part.end - part.start, kLongest);
        const Result<std::size_t> got = memory.read(part.start, bytes, want);
        check(got && *got >= want && std::memcmp(bytes, file + offset, want) == 0);
    }
    for (std::size_t i = 1; i < core.mapped.size(); ++i)
        check(core.mapped[i - 1].start <= core.mapped[i].start);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int fd = memfd_create("core", 0);
    static const std::string path = fmt::format("/proc/self/fd/{}", fd);
    check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
    const auto core = read_core_file(path);
    if (core == nullptr) return 0;
    mt::test::FakeMemory nobody;
    CoreMemory memory(core, nobody);
    look_at_memory(memory, *core, data);
    std::size_t registers = 0;
    for (const CoreThread& thread : core->threads) {
        each_register(thread, [&](const std::string&, std::uint64_t value) {
            check(value != 0);
            ++registers;
        });
        core->present_from(thread.stack_pointer());
    }
    check(registers <= core->threads.size() * 512);
    check(what_core_lacks(*core).size() < 4096);
    if (const auto status = read_status(memory, 0)) {
        const auto table = read_table(memory, *status, {.blocks = true, .own = true});
        check(table || !table.error().text.empty());
    }
    return 0;
}
