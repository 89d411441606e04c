// SPDX-License-Identifier: MIT
//
// The part of elf_symbols.h that reads a file, with libelf.
#include <algorithm>
#include <cstring>
#include <limits>

#include "symbols/elf_input.h"
#include "symbols/elf_symbols.h"

namespace mt::core {
namespace {

std::string build_id_of(const ElfInput& file) {
    for (const GElf_Phdr& header : file.program_headers()) {
        if (header.p_type != PT_NOTE || header.p_filesz > (1u << 20)) continue;
        const auto notes = file.bytes(header.p_offset, header.p_filesz);
        const std::uint64_t align = header.p_align == 8 ? 8 : 4;
        std::uint64_t at = 0;
        while (at + 12 <= notes.size()) {
            std::uint32_t word[3];  // name size, description size, type
            std::memcpy(word, notes.data() + at, sizeof word);
            const std::uint64_t name = at + 12;
            const std::uint64_t text = (name + word[0] + align - 1) & ~(align - 1);
            if (text + word[1] > notes.size()) break;
            if (word[2] == NT_GNU_BUILD_ID && word[0] == 4 &&
                std::memcmp(notes.data() + name, "GNU", 4) == 0) {
                static constexpr char kDigits[] = "0123456789abcdef";
                std::string hex;
                for (std::uint64_t i = 0; i < word[1]; ++i) {
                    hex += kDigits[notes[text + i] >> 4];
                    hex += kDigits[notes[text + i] & 15];
                }
                return hex;
            }
            at = (text + word[1] + align - 1) & ~(align - 1);
        }
    }
    return {};
}

std::uint8_t rank_of(unsigned char info) {
    switch (GELF_ST_BIND(info)) {
        case STB_LOCAL:
            return 2;
        case STB_WEAK:
            return 1;
        default:
            return 0;
    }
}

std::vector<ElfSymbols::Symbol> symbols_of(Elf* elf, GElf_Word type) {
    std::vector<ElfSymbols::Symbol> symbols;
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        if (data == nullptr || header.sh_entsize == 0) continue;
        const std::uint64_t count = data->d_size / header.sh_entsize;
        for (std::uint64_t i = 0; i < count && i < std::numeric_limits<int>::max(); ++i) {
            GElf_Sym symbol;
            if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
            const unsigned char kind = GELF_ST_TYPE(symbol.st_info);
            const bool code = kind == STT_FUNC || kind == STT_GNU_IFUNC || kind == STT_NOTYPE;
            if (!code || symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0) continue;
            if (symbol.st_value > UINT64_MAX - symbol.st_size) continue;
            const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name == nullptr || *name == '\0') continue;
            symbols.push_back({symbol.st_value, symbol.st_size, rank_of(symbol.st_info), name});
        }
    }
    return symbols;
}

// The sorted table of .eh_frame_hdr, in the one encoding that linkers write.
void read_starts(const ElfInput& file, ElfSymbols& out) {
    std::uint64_t code_end = 0;
    std::vector<std::uint64_t> starts;
    for (const GElf_Phdr& header : file.program_headers()) {
        if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0)
            code_end = std::max(code_end, header.p_vaddr + header.p_memsz);
        if (header.p_type != PT_GNU_EH_FRAME) continue;
        const auto bytes = file.bytes(header.p_offset, header.p_filesz);
        if (bytes.size() < 12 || bytes[0] != 1 || bytes[2] != 0x03 || bytes[3] != 0x3b) continue;
        std::uint32_t count = 0;
        std::memcpy(&count, bytes.data() + 8, sizeof count);
        for (std::uint64_t i = 0; i < count && 12 + 8 * (i + 1) <= bytes.size(); ++i) {
            std::int32_t relative = 0;
            std::memcpy(&relative, bytes.data() + 12 + 8 * i, sizeof relative);
            starts.push_back(header.p_vaddr + static_cast<std::uint64_t>(std::int64_t{relative}));
        }
    }
    out.set_starts(std::move(starts), code_end);
}

}  // namespace

bool ElfSymbols::is_build(const std::string& path, std::string_view build_id) {
    const ElfInput file(path);
    return file.elf() != nullptr && build_id_of(file) == build_id;
}

ElfSymbols ElfSymbols::load(const std::string& path, std::string_view build_id) {
    ElfSymbols made;
    const ElfInput file(path);
    if (file.elf() == nullptr || build_id.empty() || build_id_of(file) != build_id) return made;
    auto symbols = symbols_of(file.elf(), SHT_SYMTAB);
    if (symbols.empty()) symbols = symbols_of(file.elf(), SHT_DYNSYM);
    made.set_symbols(std::move(symbols));
    read_starts(file, made);
    return made;
}

}  // namespace mt::core
