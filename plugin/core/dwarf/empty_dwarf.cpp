// SPDX-License-Identifier: MIT
//
// See empty_dwarf.h. An ELF file in memory, with the one section that libdw asks for.
#include "dwarf/empty_dwarf.h"

#include <cstddef>
#include <cstring>
#include <new>

namespace mt::core {
namespace {

constexpr char kNames[] = "\0.debug_line\0.shstrtab";
constexpr Elf64_Word kLineName = 1, kNamesName = 13;

}  // namespace

EmptyDwarf::EmptyDwarf() {
    static_assert(sizeof kNames <= sizeof image_.names);
    std::memcpy(image_.names.data(), kNames, sizeof kNames);
    Elf64_Ehdr& header = image_.header;
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shoff = offsetof(Image, sections);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(image_.sections.size());
    header.e_shstrndx = 2;
    const auto place = [](Elf64_Shdr& section, Elf64_Word name, Elf64_Word type, std::size_t size) {
        section.sh_name = name;
        section.sh_type = type;
        section.sh_offset = offsetof(Image, names);
        section.sh_size = size;
        section.sh_addralign = 1;
    };
    place(image_.sections[1], kLineName, SHT_PROGBITS, 1);
    place(image_.sections[2], kNamesName, SHT_STRTAB, image_.names.size());
    elf_version(EV_CURRENT);
    elf_ = elf_memory(reinterpret_cast<char*>(&image_), sizeof image_);
    dwarf_ = elf_ == nullptr ? nullptr : dwarf_begin_elf(elf_, DWARF_C_READ, nullptr);
    if (dwarf_ != nullptr) return;
    // Without it libdw would open files.
    if (elf_ != nullptr) elf_end(elf_);
    throw std::bad_alloc();
}

EmptyDwarf::~EmptyDwarf() {
    dwarf_end(dwarf_);
    elf_end(elf_);
}

}  // namespace mt::core
