// SPDX-License-Identifier: MIT
//
// Program headers and notes of a core. A segment counts only as far as the file has
// bytes for it; every size in a note is bounded by the note.
#include "source/core_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "source/regions.h"

namespace mt::core {
namespace {

constexpr std::size_t kMaxSegments = 1u << 20;
constexpr std::uint64_t kMaxNotes = 64u << 20;
constexpr std::uint32_t kMappedFiles = 0x46494c45;   // NT_FILE
constexpr std::uint32_t kThread = 1;                 // NT_PRSTATUS
constexpr std::size_t kStackPointer = 112 + 19 * 8;  // rsp in it, x86-64 (sys/procfs.h)
constexpr std::string_view kRuntime = "libmemtrace.so";
constexpr const char* kNeedsPrivate = "private memory is needed (coredump_filter 0x33)";

void add_load(const GElf_Phdr& segment, std::uint64_t file_size, CoreFile& core) {
    const bool is_writable = (segment.p_flags & PF_W) != 0;
    if (is_writable && segment.p_memsz != 0) {
        ++core.mappings;
        core.left_out += segment.p_filesz == 0 ? 1 : 0;
    }
    if (segment.p_memsz != 0 && segment.p_vaddr <= UINT64_MAX - segment.p_memsz)
        core.mapped.push_back({segment.p_vaddr, segment.p_vaddr + segment.p_memsz});
    if (segment.p_offset >= file_size) return;
    const std::uint64_t present = std::min<std::uint64_t>(
        std::min(segment.p_filesz, segment.p_memsz), file_size - segment.p_offset);
    if (present == 0 || segment.p_vaddr > UINT64_MAX - present) return;
    const MemoryRegion region{segment.p_vaddr, segment.p_vaddr + present};
    core.present.push_back(region);
    if (is_writable) core.writable.push_back(region);
}

// Paths of the mapped files follow the table of their places, each with a zero at its end.
void look_at_files(std::string_view note, CoreFile& core) {
    std::uint64_t count = 0;
    if (note.size() < 16) return;
    std::memcpy(&count, note.data(), sizeof count);
    if (count > (note.size() - 16) / 24) return;
    core.has_files = true;
    std::string_view names = note.substr(16 + 24 * static_cast<std::size_t>(count));
    while (!names.empty()) {
        const auto end = std::min(names.find('\0'), names.size());
        const std::string_view path = names.substr(0, end);
        const auto slash = path.rfind('/');
        const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
        if (name.substr(0, kRuntime.size()) == kRuntime) core.maps_runtime = true;
        names.remove_prefix(std::min(end + 1, names.size()));
    }
}

void look_at_notes(int fd, const GElf_Phdr& segment, std::uint64_t file_size, CoreFile& core) {
    if (segment.p_offset >= file_size) return;
    const std::uint64_t size =
        std::min({std::uint64_t{segment.p_filesz}, file_size - segment.p_offset, kMaxNotes});
    std::string bytes(static_cast<std::size_t>(size), '\0');
    const ssize_t got =
        ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(segment.p_offset));
    std::string_view rest(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto padded = [](std::uint64_t length) { return (length + 3) / 4 * 4; };
    while (rest.size() >= 12) {
        std::uint32_t head[3];  // sizes of name and content, type
        std::memcpy(head, rest.data(), sizeof head);
        rest.remove_prefix(sizeof head);
        const std::uint64_t name = padded(head[0]), content = padded(head[1]);
        if (name > rest.size() || head[1] > rest.size() - name) return;
        if (head[2] == kThread && head[1] >= kStackPointer + 8 && core.stack_pointer == 0)
            std::memcpy(&core.stack_pointer, rest.data() + name + kStackPointer, 8);
        if (head[2] == kMappedFiles)
            look_at_files(rest.substr(static_cast<std::size_t>(name), head[1]), core);
        rest.remove_prefix(
            static_cast<std::size_t>(std::min<std::uint64_t>(name + content, rest.size())));
    }
}

bool add_segments(Elf* elf, int fd, CoreFile& core) {
    std::size_t count = 0;
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == nullptr) return false;
    if (header.e_type != ET_CORE || elf_getphdrnum(elf, &count) != 0) return false;
    count = std::min(count, kMaxSegments);
    core.wanted = header.e_phoff + count * header.e_phentsize;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
        const std::uint64_t end = segment.p_offset + segment.p_filesz;
        if (end >= segment.p_offset) core.wanted = std::max(core.wanted, end);
        if (segment.p_type == PT_NOTE) look_at_notes(fd, segment, core.size, core);
        if (segment.p_type == PT_LOAD) add_load(segment, core.size, core);
    }
    return true;
}

// Of the region that holds it; 0: none does.
std::uint64_t bytes_from(const std::vector<MemoryRegion>& regions, std::uint64_t address) {
    const auto next = std::upper_bound(
        regions.begin(), regions.end(), address,
        [](std::uint64_t at, const MemoryRegion& region) { return at < region.start; });
    if (next == regions.begin() || address >= std::prev(next)->end) return 0;
    return std::prev(next)->end - address;
}

}  // namespace

bool CoreFile::maps(std::uint64_t address) const { return bytes_from(mapped, address) != 0; }

std::uint64_t CoreFile::present_from(std::uint64_t address) const {
    return bytes_from(present, address);
}

std::optional<CoreFile> read_core_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::optional<CoreFile> core;
    struct stat info {};
    if (elf_version(EV_CURRENT) != EV_NONE && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        // Not mapped: a file that shrinks under a mapping would end the debugger.
        if (Elf* elf = elf_begin(fd, ELF_C_READ, nullptr)) {
            core.emplace();
            core->size = static_cast<std::uint64_t>(info.st_size);
            if (!add_segments(elf, fd, *core)) core.reset();
            elf_end(elf);
        }
    }
    ::close(fd);
    if (!core) return core;
    core->present = in_order(std::move(core->present));
    core->writable = in_order(std::move(core->writable));
    core->mapped = in_order(std::move(core->mapped));
    return core;
}

std::vector<MemoryRegion> core_regions(const std::string& path) {
    auto core = read_core_file(path);
    return core ? std::move(core->writable) : std::vector<MemoryRegion>();
}

std::string what_core_lacks(const CoreFile& core) {
    std::string text;
    if (core.is_cut())
        text = fmt::format(
            "this core is cut: the file has {} of {} bytes; a whole one is needed "
            "(ulimit -c, space on the disk)",
            core.size, core.wanted);
    if (core.is_filtered())
        text += fmt::format(
            "{}this core is filtered: {} of the program's {} writable mappings "
            "were left out; {}",
            text.empty() ? "" : "; and ", core.left_out, core.mappings, kNeedsPrivate);
    // GDB's gcore leaves no trace of what coredump_filter made it leave out; but every
    // thread has a stack.
    if (text.empty() && core.stack_pointer != 0 && core.present_from(core.stack_pointer) == 0)
        text =
            fmt::format("this core is filtered: it has no stack of its thread; {}", kNeedsPrivate);
    return text;
}

}  // namespace mt::core
