// SPDX-License-Identifier: MIT
//
// The part of elf_symbols.h that reads a file, with libelf.
#include <algorithm>
#include <cstring>

#include "dwarf/elf_input.h"
#include "symbols/elf_symbols.h"

namespace mt::core {
namespace {

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

std::vector<ElfSymbols::Symbol> symbols_of(const ElfInput& file, GElf_Word type) {
    std::vector<ElfSymbols::Symbol> symbols;
    file.any_symbol(type, [&symbols](const GElf_Sym& symbol, const char* name) {
        const unsigned char kind = GELF_ST_TYPE(symbol.st_info);
        const bool is_code = kind == STT_FUNC || kind == STT_GNU_IFUNC || kind == STT_NOTYPE;
        const bool is_sound = symbol.st_shndx != SHN_UNDEF && symbol.st_size != 0 &&
                              symbol.st_value <= UINT64_MAX - symbol.st_size;
        if (is_code && is_sound)
            symbols.push_back({symbol.st_value, symbol.st_size, rank_of(symbol.st_info), name});
        return false;
    });
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
    return file.elf() != nullptr && file.build_id() == build_id;
}

ElfSymbols ElfSymbols::load(const std::string& path, std::string_view build_id) {
    ElfSymbols made;
    const ElfInput file(path);
    if (file.elf() == nullptr || build_id.empty() || file.build_id() != build_id) return made;
    auto symbols = symbols_of(file, SHT_SYMTAB);
    made.is_stripped_ = symbols.empty();
    if (symbols.empty()) symbols = symbols_of(file, SHT_DYNSYM);
    made.set_symbols(std::move(symbols));
    read_starts(file, made);
    return made;
}

void ElfSymbols::take_symbols_of(const std::string& path, std::string_view build_id) {
    if (!is_stripped_) return;
    const ElfInput file(path);
    if (file.elf() == nullptr || build_id.empty() || file.build_id() != build_id) return;
    auto symbols = symbols_of(file, SHT_SYMTAB);
    is_stripped_ = symbols.empty();
    if (!symbols.empty()) set_symbols(std::move(symbols));
}

}  // namespace mt::core
