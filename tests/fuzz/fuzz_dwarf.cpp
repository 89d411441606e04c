// SPDX-License-Identifier: MIT
//
// Debug information of a stranger, steered by coverage: a file is opened, its units and functions
// are looked at, addresses are named. Whatever is in it, there is an answer in bounded time; what
// it says of itself must agree.
//   fuzz_dwarf -max_total_time=60 -rss_limit_mb=1024 -timeout=5 CORPUS
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "dwarf/file_code.h"
#include "dwarf/module_file.h"
#include "symbols/elf_symbols.h"

namespace {

using namespace mt::core;

void check(bool holds, int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "line %d does not hold\n", line);
    std::abort();
}

void name_all(FileCode& code) {
    // Where the corpus has its code.
    for (std::uint64_t address = 0x1000; address < 0x1200; address += 8) {
        const auto frames = code.frames(address);
        check(frames.has_value());
        check(frames->size() <= 512);
        const auto unit = code.units().at(address);
        check(!unit || *unit < code.units().size());
        check(unit || frames->empty());
    }
    check(code.frames(UINT64_MAX).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int fd = memfd_create("module", 0);
    static const std::string path = fmt::format("/proc/self/fd/{}", fd);
    check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
    const auto file = ModuleFile::open(path);
    if (file == nullptr) return 0;
    check(file->debug_link().size() <= size);
    const bool is_open = file->dwarf() != nullptr;
    check(is_open == file->trouble().empty());
    check(!is_open || file->has_debug_info());
    FileCode code(file);
    name_all(code);
    // Its own entries stand for those that were moved.
    if (file->alternate()) {
        auto other = ModuleFile::open(path);
        if (other != nullptr) file->use_alternate(std::move(other));
        FileCode again(file);
        name_all(again);
    }
    const ElfSymbols symbols = ElfSymbols::load(path, file->build_id());
    for (std::uint64_t address = 0x1000; address < 0x1200; address += 8)
        check(symbols.function_start(address) <= address);
    return 0;
}
