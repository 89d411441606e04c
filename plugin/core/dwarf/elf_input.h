// SPDX-License-Identifier: MIT
//
// An ELF file on disk, which may be anybody's: it is read, never mapped, so that a file
// cut short meanwhile is an error and no signal; sizes are checked before use.
#ifndef MEMTRACE_CORE_DWARF_ELF_INPUT_H
#define MEMTRACE_CORE_DWARF_ELF_INPUT_H

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mt::core {

class ElfInput {
  public:
    explicit ElfInput(const std::string& path);
    ~ElfInput();
    ElfInput(const ElfInput&) = delete;
    ElfInput& operator=(const ElfInput&) = delete;

    Elf* elf() const { return elf_; }  // nullptr: there is no such file, or it is no ELF file

    // Bytes of the file; empty when they are not all there.
    std::vector<unsigned char> bytes(std::uint64_t offset, std::uint64_t size) const;
    std::vector<GElf_Phdr> program_headers() const;
    std::string build_id() const;  // lower-case hex; empty: it has none

    // Sections of that type whose rows can be read.
    struct Section {
        GElf_Shdr header;
        Elf_Data* data;
        int rows;
    };
    std::vector<Section> sections(GElf_Word type) const;
    // Calls use(symbol, name) for each symbol that has a name in the tables of that type, until
    // it says true.
    template <typename Use>
    bool any_symbol(GElf_Word type, Use use) const;

  private:
    int fd_ = -1;
    std::uint64_t size_ = 0;
    Elf* elf_ = nullptr;
};

template <typename Use>
bool ElfInput::any_symbol(GElf_Word type, Use use) const {
    for (const Section& section : sections(type)) {
        for (int i = 0; i < section.rows; ++i) {
            GElf_Sym symbol;
            if (gelf_getsym(section.data, i, &symbol) == nullptr) break;
            const char* name = elf_strptr(elf_, section.header.sh_link, symbol.st_name);
            if (name != nullptr && *name != '\0' && use(symbol, name)) return true;
        }
    }
    return false;
}

}  // namespace mt::core

#endif
