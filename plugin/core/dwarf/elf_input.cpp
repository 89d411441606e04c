// SPDX-License-Identifier: MIT
#include "dwarf/elf_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace mt::core {
namespace {

constexpr std::uint64_t kMostNotes = 1u << 20;  // bytes of one segment
constexpr char kGnu[] = "GNU";                  // with its zero

}  // namespace

ElfInput::ElfInput(const std::string& path) {
    // A label that names a pipe or a terminal must not stop the debugger.
    fd_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat info {};
    if (fd_ < 0 || fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return;
    size_ = static_cast<std::uint64_t>(info.st_size);
    elf_version(EV_CURRENT);
    elf_ = elf_begin(fd_, ELF_C_READ, nullptr);
    if (elf_ != nullptr && elf_kind(elf_) != ELF_K_ELF) {
        elf_end(elf_);
        elf_ = nullptr;
    }
}

ElfInput::~ElfInput() {
    if (elf_ != nullptr) elf_end(elf_);
    if (fd_ >= 0) close(fd_);
}

std::vector<unsigned char> ElfInput::bytes(std::uint64_t offset, std::uint64_t size) const {
    if (offset > size_ || size > size_ - offset) return {};
    std::vector<unsigned char> out(size);
    std::uint64_t done = 0;
    while (done < size) {
        const ssize_t got =
            pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
        if (got <= 0) return {};
        done += static_cast<std::uint64_t>(got);
    }
    return out;
}

std::vector<GElf_Phdr> ElfInput::program_headers() const {
    std::vector<GElf_Phdr> headers;
    std::size_t count = 0;
    if (elf_ == nullptr || elf_getphdrnum(elf_, &count) != 0) return headers;
    for (std::size_t i = 0; i < count && i < 1024; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf_, static_cast<int>(i), &header) != nullptr) headers.push_back(header);
    }
    return headers;
}

std::string ElfInput::build_id() const {
    for (const GElf_Phdr& header : program_headers()) {
        if (header.p_type != PT_NOTE || header.p_filesz > kMostNotes) continue;
        Elf_Data* notes =
            elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(header.p_offset), header.p_filesz,
                                 header.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
        if (notes == nullptr) continue;
        GElf_Nhdr note;
        std::size_t name = 0, text = 0;
        for (std::size_t at = 0; (at = gelf_getnote(notes, at, &note, &name, &text)) != 0;) {
            const auto* bytes = static_cast<const unsigned char*>(notes->d_buf);
            const bool is_id = note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof kGnu &&
                               std::memcmp(bytes + name, kGnu, sizeof kGnu) == 0;
            if (!is_id) continue;
            std::string hex;
            for (std::size_t i = 0; i < note.n_descsz; ++i)
                hex += fmt::format("{:02x}", bytes[text + i]);
            return hex;
        }
    }
    return {};
}

std::vector<ElfInput::Section> ElfInput::sections(GElf_Word type) const {
    std::vector<Section> found;
    for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section != nullptr;
         section = elf_nextscn(elf_, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        if (data == nullptr || header.sh_entsize == 0) continue;
        const std::uint64_t rows = data->d_size / header.sh_entsize;
        found.push_back({header, data, static_cast<int>(std::min<std::uint64_t>(rows, INT_MAX))});
    }
    return found;
}

}  // namespace mt::core
