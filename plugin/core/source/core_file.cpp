// SPDX-License-Identifier: MIT
//
// Program headers of a core. A segment counts only as far as the file has bytes for it.
#include "source/core_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "source/core_notes.h"

namespace mt::core {
namespace {

constexpr std::size_t kMaxSegments = 1u << 20;
constexpr std::uint64_t kMostNames = std::uint64_t{64} << 20;  // bytes of all paths together
constexpr std::string_view kRuntime = "libmemtrace.so";
constexpr const char* kNeedsPrivate = "private memory is needed (coredump_filter 0x33)";

void add_load(const GElf_Phdr& segment, CoreFile& core) {
    const bool is_writable = (segment.p_flags & PF_W) != 0;
    if (is_writable && segment.p_memsz != 0) {
        ++core.mappings;
        core.left_out += segment.p_filesz == 0 ? 1 : 0;
    }
    if (segment.p_memsz != 0 && segment.p_vaddr <= UINT64_MAX - segment.p_memsz) {
        Mapping mapping;
        mapping.start = segment.p_vaddr;
        mapping.end = segment.p_vaddr + segment.p_memsz;
        mapping.readable = (segment.p_flags & PF_R) != 0;
        mapping.writable = is_writable;
        mapping.executable = (segment.p_flags & PF_X) != 0;
        core.mapped.push_back(std::move(mapping));
    }
    if (segment.p_offset >= core.size) return;
    const std::uint64_t present = std::min<std::uint64_t>(
        std::min(segment.p_filesz, segment.p_memsz), core.size - segment.p_offset);
    if (present == 0 || segment.p_vaddr > UINT64_MAX - present) return;
    const std::uint64_t end = segment.p_vaddr + present;
    core.present.push_back({segment.p_vaddr, end, segment.p_offset - segment.p_vaddr});
    if (is_writable) core.writable.push_back({segment.p_vaddr, end});
}

bool is_runtime(const MappedFile& file) {
    const std::string_view path = file.path;
    return path.substr(path.rfind('/') + 1).substr(0, kRuntime.size()) == kRuntime;
}

// Shared memory without a file that others would know by its name.
bool is_shared_memory(const MappedFile& file) {
    const std::string_view path = file.path;
    return path.starts_with("/dev/zero") || path.starts_with("/dev/shm/") ||
           path.starts_with("/memfd:") || path.starts_with("/SYSV");
}

// What coredump_filter made GDB's gcore leave out has no segment there, but for files that are
// mapped there is a list. Most of them are code; shared memory is what a program writes.
void add_left_out(const std::vector<MappedFile>& files, CoreFile& core) {
    const std::vector<Mapping> known = core.mapped;
    for (const MappedFile& file : files) {
        if (!is_shared_memory(file) || range_at(known, file.start) != nullptr) continue;
        Mapping mapping;
        mapping.start = file.start;
        mapping.end = file.end;
        mapping.readable = mapping.writable = mapping.shared = true;
        core.mapped.push_back(std::move(mapping));
    }
    core.mapped = in_order(std::move(core.mapped));
}

void take_notes(CoreNotes notes, CoreFile& core) {
    core.threads = std::move(notes.threads);
    core.has_files = notes.has_files;
    core.entry = notes.entry;
    core.box = std::move(notes.box);
    core.maps_runtime = std::any_of(notes.files.begin(), notes.files.end(), is_runtime);
    core.files = in_order(std::move(notes.files));
    const auto& files = core.files;
    add_left_out(files, core);
    std::uint64_t left = kMostNames;
    for (Mapping& mapping : core.mapped) {
        const MappedFile* file = range_at(files, mapping.start);
        if (file == nullptr || file->path.size() > left) continue;
        left -= file->path.size();
        mapping.path = file->path;
    }
}

bool add_segments(Elf* elf, CoreFile& core) {
    std::size_t count = 0;
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == nullptr) return false;
    if (header.e_type != ET_CORE || elf_getphdrnum(elf, &count) != 0) return false;
    count = std::min(count, kMaxSegments);
    core.wanted = header.e_phoff + count * header.e_phentsize;
    CoreNotes notes(header.e_machine == EM_X86_64 && header.e_ident[EI_CLASS] == ELFCLASS64);
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
        const std::uint64_t end = segment.p_offset + segment.p_filesz;
        if (end >= segment.p_offset) core.wanted = std::max(core.wanted, end);
        if (segment.p_type == PT_NOTE && segment.p_offset < core.size)
            notes.add(core.fd, segment.p_offset,
                      std::min(segment.p_filesz, core.size - segment.p_offset));
        if (segment.p_type == PT_LOAD) add_load(segment, core);
    }
    core.present = in_order(std::move(core.present));
    core.writable = in_order(std::move(core.writable));
    core.mapped = in_order(std::move(core.mapped));
    take_notes(std::move(notes), core);
    if (core.box) core.mapped.clear();  // these are but the table
    return true;
}

}  // namespace

CoreFile::~CoreFile() {
    if (fd >= 0) ::close(fd);
}

std::shared_ptr<const CoreFile> read_core_file(const std::string& path) {
    const auto core =
        std::make_shared<CoreFile>(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    if (elf_version(EV_CURRENT) == EV_NONE || core->fd < 0) return nullptr;
    if (::fstat(core->fd, &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
    core->size = static_cast<std::uint64_t>(info.st_size);
    // Not mapped: a file that shrinks under a mapping would end the debugger.
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(core->fd, ELF_C_READ, nullptr),
                                                  elf_end);
    return elf != nullptr && add_segments(elf.get(), *core) ? core : nullptr;
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
    const std::uint64_t stack = core.threads.empty() ? 0 : core.threads.front().stack_pointer();
    if (text.empty() && stack != 0 && core.present_from(stack) == 0)
        text =
            fmt::format("this core is filtered: it has no stack of its thread; {}", kNeedsPrivate);
    return text;
}

}  // namespace mt::core
