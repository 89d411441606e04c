// SPDX-License-Identifier: MIT
//
// See module_file.h.
#include "dwarf/module_file.h"

#include <elfutils/libdwelf.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "dwarf/empty_dwarf.h"

namespace mt::core {
namespace {

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

// Bytes that a section takes once it is unpacked.
std::uint64_t unpacked_size(Elf_Scn* section, const GElf_Shdr& header, std::string_view name) {
    GElf_Chdr packed;
    if ((header.sh_flags & SHF_COMPRESSED) != 0 && gelf_getchdr(section, &packed) != nullptr)
        return packed.ch_size;
    if (begins(name, ".zdebug"))
        if (const ssize_t size = dwelf_scn_gnu_compressed_size(section); size > 0)
            return static_cast<std::uint64_t>(size);
    return header.sh_size;
}

}  // namespace

std::shared_ptr<ModuleFile> ModuleFile::open(const std::string& path) {
    std::shared_ptr<ModuleFile> file(new ModuleFile(path));
    return file->input_.elf() == nullptr ? nullptr : file;
}

ModuleFile::ModuleFile(const std::string& path) : path_(path), input_(path) {
    if (input_.elf() == nullptr) return;
    build_id_ = input_.build_id();
    look_at_sections();
}

ModuleFile::~ModuleFile() {
    if (dwarf_ != nullptr) dwarf_end(dwarf_);
}

void ModuleFile::look_at_sections() {
    Elf* elf = input_.elf();
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return;
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
        const char* text = elf_strptr(elf, names, header.sh_name);
        const std::string_view name = text == nullptr ? "" : text;
        if (name == ".gnu_debugaltlink") read_alternate(section);
        if (!begins(name, ".debug_") && !begins(name, ".zdebug_")) continue;
        if (name == ".debug_info" || name == ".zdebug_info") has_debug_info_ = header.sh_size != 0;
        const std::uint64_t size = unpacked_size(section, header, name);
        debug_bytes_ += std::min(size, UINT64_MAX - debug_bytes_);
    }
}

Dwarf* ModuleFile::dwarf() {
    if (!is_tried_) open_dwarf();
    is_tried_ = true;
    return dwarf_;
}

void ModuleFile::open_dwarf() {
    if (!has_debug_info_) {
        trouble_ = "no debug information";
        return;
    }
    if (debug_bytes_ > kMostDebugBytes) {
        trouble_ = fmt::format("its debug information takes {} bytes, more than {}", debug_bytes_,
                               kMostDebugBytes);
        return;
    }
    Dwarf* opened = dwarf_begin_elf(input_.elf(), DWARF_C_READ, nullptr);
    if (opened == nullptr) {
        const char* why = dwarf_errmsg(-1);
        trouble_ = fmt::format("its debug information is damaged: {}",
                               why == nullptr ? "it cannot be read" : why);
        return;
    }
    dwarf_ = opened;
    if (!has_moved_) return;
    nothing_ = std::make_unique<EmptyDwarf>();
    dwarf_setalt(dwarf_, nothing_->dwarf());
}

std::string ModuleFile::debug_link() const {
    GElf_Word checksum = 0;
    const char* name = dwelf_elf_gnu_debuglink(input_.elf(), &checksum);
    return name == nullptr ? std::string() : name;
}

// A name that ends with a zero, then the build-id.
void ModuleFile::read_alternate(Elf_Scn* section) {
    constexpr std::size_t kLongestId = 64;
    has_moved_ = true;
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return;
    const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
    const auto end = bytes.find('\0');
    if (end == bytes.npos || bytes.size() - end - 1 > kLongestId) return;
    alternate_ = Alternate{std::string(bytes.substr(0, end)), ""};
    for (const char byte : bytes.substr(end + 1))
        alternate_->build_id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
}

void ModuleFile::use_alternate(std::shared_ptr<ModuleFile> file) {
    if (dwarf() == nullptr || file == nullptr || file->dwarf() == nullptr) return;
    dwarf_setalt(dwarf_, file->dwarf());
    moved_ = std::move(file);
}

}  // namespace mt::core
