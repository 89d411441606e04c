// SPDX-License-Identifier: MIT
#include "binding/elf_module.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "dwarf/elf_input.h"

namespace mt::core {
namespace {

constexpr std::size_t kMostEntries = 1024;  // of a dynamic section
constexpr std::uint64_t kMostSymbols = 1u << 21;
constexpr std::uint64_t kMostBytes = 64u << 20;  // of one table
constexpr std::uint64_t kMostData = 1u << 20;    // that is looked through for addresses

using Bytes = std::vector<unsigned char>;

template <typename T>
std::vector<T> rows_of(const Bytes& bytes) {
    std::vector<T> rows(bytes.size() / sizeof(T));
    if (!rows.empty()) std::memcpy(rows.data(), bytes.data(), rows.size() * sizeof(T));
    return rows;
}

std::optional<std::uint8_t> known_name(const char* text) {
    if (std::strchr("mcrfpav_", *text) == nullptr || *text == '\0') return std::nullopt;
    const auto at = std::find(kNameTexts.begin(), kNameTexts.end(), std::string_view(text));
    if (at == kNameTexts.end()) return std::nullopt;
    return static_cast<std::uint8_t>(at - kNameTexts.begin());
}

class Reader {
  public:
    Reader(Memory& memory, const LoadedModule& loaded, const std::string& file, bool in_core)
        : memory_(memory), loaded_(loaded), path_(file), in_core_(in_core) {}

    ElfModule read() {
        if (!read_dynamic()) return {};
        if (in_core_) open_file();
        made_.known = read_symbols() && read_slots();
        if (!made_.known) return {};
        const bool is_program = loaded_.path.empty();
        const bool owns = made_.defined[kMalloc] != 0 || made_.defined[kFree] != 0;
        if (owns || is_program) open_file();
        if (owns) find_data();
        if (is_program && !owns && file_) find_hidden();
        return made_;
    }

    std::vector<ElfFunction> functions() {
        std::vector<ElfFunction> found;
        if (!read_dynamic()) return found;
        each_symbol([&](std::uint32_t index, const Elf64_Sym& symbol, const char* name) {
            const bool is_code = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
            const bool is_here = symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
            if (is_code && is_here && is_default(index))
                found.push_back({name, loaded_.bias + symbol.st_value, symbol.st_size});
        });
        const auto by_address = [](const ElfFunction& a, const ElfFunction& b) {
            return a.start < b.start;
        };
        std::stable_sort(found.begin(), found.end(), by_address);
        return found;
    }

    std::pair<std::uint64_t, std::uint64_t> range() {
        std::pair<std::uint64_t, std::uint64_t> whole{0, 0};
        for (const GElf_Phdr& header : mapped_headers()) {
            if (header.p_type != PT_LOAD) continue;
            if (whole.second == 0) whole.first = loaded_.bias + header.p_vaddr;
            whole.second = loaded_.bias + header.p_vaddr + header.p_memsz;
        }
        return whole;
    }

  private:
    bool read_dynamic() {
        while (entries_.size() < kMostEntries) {
            std::array<Elf64_Dyn, 32> piece;
            std::size_t size = sizeof piece;
            const std::uint64_t at = loaded_.dynamic + entries_.size() * sizeof(Elf64_Dyn);
            const auto got = memory_.read(at, piece.data(), size);
            const std::size_t count = got ? *got / sizeof(Elf64_Dyn) : 0;
            for (std::size_t i = 0; i < count; ++i) {
                if (piece[i].d_tag == DT_NULL) return !entries_.empty();
                entries_.push_back(piece[i]);
            }
            if (count < piece.size()) return false;
        }
        return false;
    }

    std::uint64_t value(Elf64_Sxword tag) const {
        for (const Elf64_Dyn& entry : entries_)
            if (entry.d_tag == tag) return entry.d_un.d_val;
        return 0;
    }
    // The loader adds the bias in place, but not in what is read-only.
    std::uint64_t address(Elf64_Sxword tag) const {
        const std::uint64_t at = value(tag);
        return at == 0 || at >= loaded_.bias ? at : at + loaded_.bias;
    }

    // The file counts only if its dynamic section is the one in memory.
    void open_file() {
        if (file_ || path_.empty()) return;
        file_.emplace(path_);
        headers_ = file_->program_headers();
        for (const GElf_Phdr& header : headers_) {
            if (header.p_type != PT_DYNAMIC || header.p_filesz > kMostEntries * 16) continue;
            if (is_same(rows_of<Elf64_Dyn>(file_->bytes(header.p_offset, header.p_filesz)))) return;
        }
        file_.reset();
    }
    bool is_same(const std::vector<Elf64_Dyn>& stored) const {
        if (stored.size() < entries_.size()) return false;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const Elf64_Dyn &here = entries_[i], &there = stored[i];
            if (here.d_tag != there.d_tag) return false;
            const std::uint64_t difference = here.d_un.d_val - there.d_un.d_val;
            if (here.d_tag != DT_DEBUG && difference != 0 && difference != loaded_.bias)
                return false;
        }
        return true;
    }

    Bytes bytes(std::uint64_t at, std::uint64_t size) {
        if (at == 0 || size > kMostBytes) return {};
        const std::uint64_t place = at - loaded_.bias;
        if (in_core_ && file_) {
            for (const GElf_Phdr& header : headers_) {
                const bool holds = header.p_type == PT_LOAD && place >= header.p_vaddr &&
                                   place - header.p_vaddr < header.p_filesz &&
                                   size <= header.p_filesz - (place - header.p_vaddr);
                if (holds) return file_->bytes(header.p_offset + (place - header.p_vaddr), size);
            }
        }
        Bytes out(size);
        if (!read_whole(memory_, at, out.data(), size)) out.clear();
        return out;
    }
    std::vector<std::uint32_t> words(std::uint64_t at, std::uint64_t count) {
        return rows_of<std::uint32_t>(bytes(at, count * 4));
    }

    // 0 = not known. All zero is what GDB shows of pages that a core lacks.
    std::uint64_t symbol_count() {
        if (const std::uint64_t hash = address(DT_HASH)) {
            const auto head = words(hash, 2);
            if (head.size() == 2 && head[0] != 0) return head[1];
        }
        const std::uint64_t table = address(DT_GNU_HASH);
        const auto head = table == 0 ? std::vector<std::uint32_t>() : words(table, 4);
        if (head.size() != 4 || head[0] == 0 || head[2] == 0) return 0;
        const std::uint64_t buckets = table + 16 + std::uint64_t{head[2]} * 8;
        std::uint32_t last = 0;
        for (const std::uint32_t first : words(buckets, head[0])) last = std::max(last, first);
        if (last < head[1]) return head[1];  // defines nothing
        const std::uint64_t chains = buckets + std::uint64_t{head[0]} * 4;
        for (std::uint64_t i = last; i < kMostSymbols;) {
            const auto piece = words(chains + (i - head[1]) * 4, 16);
            if (piece.empty()) return ends_in(chains, i - head[1], head[1]);
            for (const std::uint32_t word : piece) {
                ++i;
                if ((word & 1) != 0) return i;
            }
        }
        return 0;
    }
    // The chain's last words, where no more of them can be read at once.
    std::uint64_t ends_in(std::uint64_t chains, std::uint64_t index, std::uint64_t first) {
        for (; index < kMostSymbols; ++index) {
            const auto word = words(chains + index * 4, 1);
            if (word.empty()) return 0;
            if ((word[0] & 1) != 0) return first + index + 1;
        }
        return 0;
    }

    bool read_symbols() {
        return each_symbol([this](std::uint32_t index, const Elf64_Sym& symbol, const char* text) {
            if (const auto name = known_name(text)) take(index, symbol, *name);
        });
    }
    template <typename F>
    bool each_symbol(F&& f) {
        const std::uint64_t count = symbol_count();
        if (count == 0 || count > kMostSymbols) return false;
        const auto symbols = rows_of<Elf64_Sym>(bytes(address(DT_SYMTAB), count * 24));
        Bytes names = bytes(address(DT_STRTAB), value(DT_STRSZ));
        // A table of names begins with an empty one and another.
        if (symbols.empty() || names.size() < 2 || names[1] == 0) return false;
        names.push_back(0);
        for (std::uint32_t i = 1; i < symbols.size(); ++i) {
            if (symbols[i].st_name >= names.size()) continue;
            const char* text = reinterpret_cast<const char*>(names.data()) + symbols[i].st_name;
            f(i, symbols[i], text);
        }
        return true;
    }

    void take(std::uint32_t index, const Elf64_Sym& symbol, std::uint8_t name) {
        const bool is_local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
        if (is_local) return;
        wanted_.push_back({index, name});
        const std::uint64_t at = symbol.st_value == 0 ? 0 : loaded_.bias + symbol.st_value;
        if (symbol.st_shndx == SHN_UNDEF) {
            made_.stand_in[name] = at;
        } else if (is_default(index) && ELF64_ST_VISIBILITY(symbol.st_other) != STV_HIDDEN) {
            made_.defined[name] = at;
        }
    }
    bool is_default(std::uint32_t index) {
        const std::uint64_t versions = address(DT_VERSYM);
        const auto version = rows_of<std::uint16_t>(
            versions == 0 ? Bytes() : bytes(versions + std::uint64_t{index} * 2, 2));
        return version.empty() || (version[0] & 0x8000) == 0;
    }

    bool read_slots() {
        if (wanted_.empty()) return true;
        const std::uint64_t relative = value(DT_RELACOUNT) * sizeof(Elf64_Rela);
        const std::uint64_t size = value(DT_RELASZ);
        return add_slots(address(DT_JMPREL), value(DT_PLTRELSZ)) &&
               (relative >= size || add_slots(address(DT_RELA) + relative, size - relative));
    }
    bool add_slots(std::uint64_t at, std::uint64_t size) {
        if (size < sizeof(Elf64_Rela)) return true;
        const auto relocations = rows_of<Elf64_Rela>(bytes(at, size));
        for (const Elf64_Rela& relocation : relocations) {
            const auto kind = ELF64_R_TYPE(relocation.r_info);
            const bool binds =
                kind == R_X86_64_JUMP_SLOT || kind == R_X86_64_GLOB_DAT || kind == R_X86_64_64;
            if (!binds || made_.slots.size() == kMostSlots) continue;
            for (const auto& [index, name] : wanted_)
                if (index == ELF64_R_SYM(relocation.r_info))
                    made_.slots.push_back({name, loaded_.bias + relocation.r_offset});
        }
        return !relocations.empty();
    }

    // Behind the ELF header in memory, where a module begins at its bias.
    std::vector<GElf_Phdr> mapped_headers() {
        Elf64_Ehdr head{};
        const bool is_there = loaded_.bias != 0 &&
                              read_whole(memory_, loaded_.bias, &head, sizeof head) &&
                              std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0;
        if (!is_there) return {};
        return rows_of<GElf_Phdr>(
            bytes(loaded_.bias + head.e_phoff, head.e_phnum * sizeof(GElf_Phdr)));
    }

    // By the headers in memory, else by the file's.
    void find_data() {
        const std::vector<GElf_Phdr> headers = mapped_headers();
        for (const GElf_Phdr& header : headers.empty() ? headers_ : headers) {
            if (header.p_type != PT_LOAD || (header.p_flags & PF_W) == 0) continue;
            made_.data_start = loaded_.bias + header.p_vaddr;
            made_.data_end = made_.data_start + std::min<std::uint64_t>(header.p_memsz, kMostData);
        }
    }

    // Definitions that only the program itself can call.
    void find_hidden() {
        file_->any_symbol(SHT_SYMTAB, [this](const GElf_Sym& symbol, const char* text) {
            const auto name = known_name(text);
            const bool is_code = GELF_ST_TYPE(symbol.st_info) == STT_FUNC;
            if (name && is_code && symbol.st_shndx != SHN_UNDEF)
                made_.hidden[*name] = loaded_.bias + symbol.st_value;
            return false;
        });
    }

    static constexpr std::size_t kMostSlots = 256;

    Memory& memory_;
    const LoadedModule& loaded_;
    const std::string path_;
    const bool in_core_;
    std::vector<Elf64_Dyn> entries_;
    std::optional<ElfInput> file_;
    std::vector<GElf_Phdr> headers_;
    std::vector<std::pair<std::uint32_t, std::uint8_t>> wanted_;  // index in the symbols, name
    ElfModule made_;
};

}  // namespace

ElfModule read_module(Memory& memory, const LoadedModule& loaded, const std::string& file,
                      bool in_core) {
    return Reader(memory, loaded, file, in_core).read();
}

std::vector<ElfFunction> read_functions(Memory& memory, const LoadedModule& loaded) {
    return Reader(memory, loaded, "", false).functions();
}

std::pair<std::uint64_t, std::uint64_t> range_of(Memory& memory, const LoadedModule& loaded) {
    return Reader(memory, loaded, "", false).range();
}

}  // namespace mt::core
