// SPDX-License-Identifier: MIT
//
// See lines.h.
#include "dwarf/lines.h"

#include <dwarf.h>

#include <cstring>

namespace mt::core {
namespace {

// Of one unit's line table. libdw makes a row of some 50 bytes of each of them.
constexpr std::uint64_t kMostLineBytes = 32u << 20;

std::string text(const char* from) { return from == nullptr ? std::string() : from; }

std::string directory_of(Dwarf_Die& unit) {
    Dwarf_Attribute attribute;
    return text(dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute)));
}

std::uint32_t number_of(Dwarf_Die& entry, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(&entry, name, &attribute) == nullptr) return 0;
    return dwarf_formudata(&attribute, &value) == 0 ? static_cast<std::uint32_t>(value) : 0;
}

// The section's bytes as libdw has unpacked them; null: there is none.
const Elf_Data* line_section(Elf* elf) {
    std::size_t names = 0;
    if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0) return nullptr;
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        const char* name = gelf_getshdr(section, &header) == nullptr
                               ? nullptr
                               : elf_strptr(elf, names, header.sh_name);
        if (name != nullptr &&
            (std::strcmp(name, ".debug_line") == 0 || std::strcmp(name, ".zdebug_line") == 0))
            return elf_rawdata(section, nullptr);
    }
    return nullptr;
}

}  // namespace

bool has_lines(Dwarf_Die& unit) {
    constexpr std::uint32_t kLong = 0xffffffff;  // DWARF 5, 7.4: the length follows in 64 bits
    Dwarf_Attribute attribute;
    Dwarf_Word offset = 0;
    if (dwarf_formudata(dwarf_attr(&unit, DW_AT_stmt_list, &attribute), &offset) != 0) return false;
    const Elf_Data* lines = line_section(dwarf_getelf(dwarf_cu_getdwarf(unit.cu)));
    std::uint32_t size = 0;
    if (lines == nullptr || lines->d_size < sizeof size || offset > lines->d_size - sizeof size)
        return false;
    std::memcpy(&size, static_cast<const char*>(lines->d_buf) + offset, sizeof size);
    if (size == kLong) return lines->d_size - offset <= kMostLineBytes;
    return size <= kMostLineBytes;
}

SourcePlace place_at(Dwarf_Die& unit, std::uint64_t address) {
    SourcePlace place;
    Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
    if (line == nullptr) return place;
    int number = 0;
    place.file = text(dwarf_linesrc(line, nullptr, nullptr));
    place.directory = directory_of(unit);
    if (dwarf_lineno(line, &number) == 0 && number > 0)
        place.line = static_cast<std::uint32_t>(number);
    return place;
}

SourcePlace place_of_call(Dwarf_Die& inlined, Dwarf_Die& unit) {
    SourcePlace place;
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    const std::uint32_t file = number_of(inlined, DW_AT_call_file);
    if (dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count)
        place.file = text(dwarf_filesrc(files, file, nullptr, nullptr));
    place.directory = directory_of(unit);
    place.line = number_of(inlined, DW_AT_call_line);
    return place;
}

}  // namespace mt::core
