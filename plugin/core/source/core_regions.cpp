// SPDX-License-Identifier: MIT
//
// Program headers of a core file. The file may be cut short or forged: a
// segment counts only as far as the file has bytes for it.
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "source/regions.h"

namespace mt::core {
namespace {

constexpr std::size_t kMaxSegments = 1u << 20;

void add_segments(Elf* elf, std::uint64_t file_size, std::vector<MemoryRegion>& regions) {
    std::size_t count = 0;
    if (elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &count) != 0) return;
    count = std::min(count, kMaxSegments);
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
        if (segment.p_offset >= file_size) continue;
        const std::uint64_t present = std::min<std::uint64_t>(
            std::min(segment.p_filesz, segment.p_memsz), file_size - segment.p_offset);
        if (present == 0 || segment.p_vaddr > UINT64_MAX - present) continue;
        regions.push_back({segment.p_vaddr, segment.p_vaddr + present});
    }
}

}  // namespace

std::vector<MemoryRegion> core_regions(const std::string& path) {
    std::vector<MemoryRegion> regions;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return regions;
    struct stat info {};
    if (elf_version(EV_CURRENT) != EV_NONE && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        // Not mapped: a file that shrinks under a mapping would end the debugger.
        if (Elf* elf = elf_begin(fd, ELF_C_READ, nullptr)) {
            add_segments(elf, static_cast<std::uint64_t>(info.st_size), regions);
            elf_end(elf);
        }
    }
    ::close(fd);
    return in_order(std::move(regions));
}

}  // namespace mt::core
