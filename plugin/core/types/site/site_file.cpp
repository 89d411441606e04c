// SPDX-License-Identifier: MIT
//
// See site_file.h.
#include "types/site/site_file.h"

#include <dwarf.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "code/stub.h"
#include "symbols/name.h"

namespace mt::core::site {
namespace {

constexpr std::uint64_t kMostCode = 1u << 20, kLongestStub = 32;
constexpr unsigned kRegisters = 16;

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

}  // namespace

SiteFile::SiteFile(std::shared_ptr<ModuleFile> file, std::shared_ptr<ModuleFile> debug)
    : file_(std::move(file)), debug_(std::move(debug)) {}

SiteFile::~SiteFile() {
    if (frames_ != nullptr) dwarf_cfi_end(frames_);
}

std::vector<std::byte> SiteFile::code(std::uint64_t start, std::uint64_t size) const {
    std::vector<std::byte> made;
    for (const GElf_Phdr& header : file_->elf().program_headers()) {
        if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0 || start < header.p_vaddr ||
            start - header.p_vaddr >= header.p_filesz)
            continue;
        const std::uint64_t at = start - header.p_vaddr;
        size = std::min({size, kMostCode, header.p_filesz - at});
        if (at > UINT64_MAX - header.p_offset) return made;
        const std::vector<unsigned char> there = file_->elf().bytes(header.p_offset + at, size);
        const auto bytes = std::as_bytes(std::span(there));
        made.assign(bytes.begin(), bytes.end());
        return made;
    }
    return made;
}

void SiteFile::read_symbols() {
    if (std::exchange(has_symbols_, true)) return;
    const auto take = [this](const ElfInput& from, GElf_Word type) {
        from.any_symbol(type, [this](const GElf_Sym& symbol, const char* name) {
            const unsigned char kind = GELF_ST_TYPE(symbol.st_info);
            const bool is_code = kind == STT_FUNC || kind == STT_GNU_IFUNC;
            if (symbol.st_shndx != SHN_UNDEF && (is_code || kind == STT_OBJECT))
                symbols_.push_back(
                    {symbol.st_value, name, is_code, GELF_ST_BIND(symbol.st_info) == STB_LOCAL});
            return false;
        });
    };
    take(debug_->elf(), SHT_SYMTAB);
    if (symbols_.empty()) take(file_->elf(), SHT_SYMTAB);
    if (symbols_.empty()) take(file_->elf(), SHT_DYNSYM);
    std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
        return a.value != b.value ? a.value < b.value
                                  : std::string_view(a.name) < std::string_view(b.name);
    });
    for (const Symbol& symbol : symbols_) defined_.emplace(symbol.name, symbol.value);
}

void SiteFile::read_imports() {
    if (std::exchange(has_imports_, true)) return;
    Elf* elf = file_->elf().elf();
    for (const ElfInput::Section& section : file_->elf().sections(SHT_RELA)) {
        Elf_Scn* of = elf_getscn(elf, section.header.sh_link);
        GElf_Shdr header;
        Elf_Data* symbols = of == nullptr ? nullptr : elf_getdata(of, nullptr);
        if (symbols == nullptr || gelf_getshdr(of, &header) == nullptr) continue;
        for (int i = 0; i < section.rows; ++i) {
            GElf_Rela rela;
            GElf_Sym symbol;
            if (gelf_getrela(section.data, i, &rela) == nullptr) break;
            const auto type = GELF_R_TYPE(rela.r_info);
            if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) ||
                gelf_getsym(symbols, static_cast<int>(GELF_R_SYM(rela.r_info)), &symbol) == nullptr)
                continue;
            const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name != nullptr && *name != '\0') imports_.emplace(rela.r_offset, name);
        }
    }
}

std::string SiteFile::imported(std::uint64_t word) {
    read_imports();
    const auto found = imports_.find(word);
    return found == imports_.end() ? std::string() : found->second;
}

SiteFile::Callee SiteFile::callee(std::uint64_t target, std::uint64_t word) {
    read_symbols();
    Callee made;
    if (target != 0 && word == 0) {
        const std::vector<std::byte> stub = code(target, kLongestStub);
        word = code::word_of_stub({stub, target}, target);
    }
    if (word != 0) {
        made.name = imported(word);
        const auto found = defined_.find(made.name);
        if (found != defined_.end()) made.address = found->second;
        if (made.address == 0) return made;
    } else {
        made.address = target;
    }
    std::string other;
    auto at = std::lower_bound(symbols_.begin(), symbols_.end(), made.address,
                               [](const Symbol& a, std::uint64_t b) { return a.value < b; });
    for (; at != symbols_.end() && at->value == made.address; ++at) {
        if (!at->is_code) continue;
        // Constructors have two or three symbols each, which are called the same.
        const std::string name = function_from_linkage(at->name);
        made.is_shared = made.is_shared || (!other.empty() && name != other);
        other = name;
        made.is_local = made.is_local && at->is_local;
        if (made.name.empty()) made.name = at->name;
    }
    return made;
}

std::string SiteFile::data_name(std::uint64_t address) {
    read_symbols();
    auto at = std::lower_bound(symbols_.begin(), symbols_.end(), address,
                               [](const Symbol& a, std::uint64_t b) { return a.value < b; });
    for (; at != symbols_.end() && at->value == address; ++at)
        if (!at->is_code) return at->name;
    return {};
}

std::optional<SiteFile::Frame> SiteFile::frame_at(std::uint64_t address) {
    if (!std::exchange(has_frames_, true)) frames_ = dwarf_getcfi_elf(file_->elf().elf());
    Dwarf_Frame* frame = nullptr;
    if (frames_ == nullptr || dwarf_cfi_addrframe(frames_, address, &frame) != 0)
        return std::nullopt;
    const std::unique_ptr<Dwarf_Frame, Free> owned(frame);
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count != 1) return std::nullopt;
    if (ops[0].atom == DW_OP_bregx && ops[0].number < kRegisters)
        return Frame{static_cast<std::uint8_t>(ops[0].number),
                     static_cast<std::int64_t>(ops[0].number2)};
    if (ops[0].atom >= DW_OP_breg0 && ops[0].atom < DW_OP_breg0 + kRegisters)
        return Frame{static_cast<std::uint8_t>(ops[0].atom - DW_OP_breg0),
                     static_cast<std::int64_t>(ops[0].number)};
    return std::nullopt;
}

}  // namespace mt::core::site
