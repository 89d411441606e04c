// SPDX-License-Identifier: MIT
#include "hooks/definitions.h"

#include <elf.h>
#include <link.h>

#include "table/header.h"

namespace mt::runtime {
namespace {

struct Symbols {
    u64 bias;
    const Elf64_Sym* symbol;
    const char* names;
    const Elf64_Half* versions;
    const u32* gnu;   // DT_GNU_HASH
    const u32* sysv;  // DT_HASH
    bool is_libc;
};

// The loader has added the bias already, but not in what is read-only (the vdso).
template <typename T>
const T* pointer_in(u64 bias, const Elf64_Dyn& entry) {
    const u64 address = entry.d_un.d_ptr;
    return reinterpret_cast<const T*>(address < bias ? address + bias : address);
}

bool same(const char* a, const char* b) {
    while (*a != '\0' && *a == *b) ++a, ++b;
    return *a == *b;
}

bool read_symbols(const dl_phdr_info& info, Symbols& out) {
    const Elf64_Dyn* entry = nullptr;
    const Elf64_Dyn* soname = nullptr;
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        if (info.dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = reinterpret_cast<const Elf64_Dyn*>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
    }
    out = {};
    out.bias = info.dlpi_addr;
    for (; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
        switch (entry->d_tag) {
            case DT_SYMTAB:
                out.symbol = pointer_in<Elf64_Sym>(out.bias, *entry);
                break;
            case DT_STRTAB:
                out.names = pointer_in<char>(out.bias, *entry);
                break;
            case DT_VERSYM:
                out.versions = pointer_in<Elf64_Half>(out.bias, *entry);
                break;
            case DT_GNU_HASH:
                out.gnu = pointer_in<u32>(out.bias, *entry);
                break;
            case DT_HASH:
                out.sysv = pointer_in<u32>(out.bias, *entry);
                break;
            case DT_SONAME:
                soname = entry;
                break;
            default:
                break;
        }
    }
    if (out.symbol == nullptr || out.names == nullptr) return false;
    // Not by an address of __libc_malloc: mimalloc and tcmalloc define that too.
    out.is_libc = soname != nullptr && same(out.names + soname->d_un.d_val, "libc.so.6");
    return true;
}

// A definition that a look-up without a version takes.
bool is_definition(const Symbols& in, u32 index, const char* name) {
    constexpr Elf64_Half kHidden = 0x8000;  // of DT_VERSYM: not the default version
    const Elf64_Sym& symbol = in.symbol[index];
    const u8 binding = ELF64_ST_BIND(symbol.st_info);
    const u8 visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0 || binding == STB_LOCAL) return false;
    if (visibility != STV_DEFAULT && visibility != STV_PROTECTED) return false;
    if (in.versions != nullptr && (in.versions[index] & kHidden) != 0) return false;
    return same(in.names + symbol.st_name, name);
}

u32 gnu_hash(const char* name) {
    u32 hash = 5381;
    for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<u8>(*name);
    return hash;
}
u32 sysv_hash(const char* name) {
    u32 hash = 0;
    for (; *name != '\0'; ++name) {
        hash = (hash << 4) + static_cast<u8>(*name);
        hash ^= hash >> 24 & 0xf0;
    }
    return hash & 0x0fff'ffff;
}

// Index of the symbol, 0 = none (System V gABI; the GNU table as binutils writes it).
u32 find_gnu(const Symbols& in, const char* name) {
    const u32 buckets = in.gnu[0];
    const u32 first = in.gnu[1];
    const u32 bloom_words = in.gnu[2];
    const auto* bloom = reinterpret_cast<const u64*>(in.gnu + 4);
    const auto* bucket = reinterpret_cast<const u32*>(bloom + bloom_words);
    const u32* chain = bucket + buckets;
    if (buckets == 0 || bloom_words == 0) return 0;
    const u32 hash = gnu_hash(name);
    const u64 word = bloom[hash / 64 % bloom_words];
    if ((word >> hash % 64 & word >> (hash >> in.gnu[3]) % 64 & 1) == 0) return 0;
    for (u32 i = bucket[hash % buckets]; i >= first; ++i) {
        const u32 entry = chain[i - first];
        if ((entry | 1) == (hash | 1) && is_definition(in, i, name)) return i;
        if ((entry & 1) != 0) break;
    }
    return 0;
}
u32 find_sysv(const Symbols& in, const char* name) {
    const u32 buckets = in.sysv[0];
    const u32 symbols = in.sysv[1];
    if (buckets == 0) return 0;
    u32 i = in.sysv[2 + sysv_hash(name) % buckets];
    for (; i != 0 && i < symbols; i = in.sysv[2 + buckets + i]) {
        if (is_definition(in, i, name)) return i;
    }
    return 0;
}

u64 find(const Symbols& in, const char* name) {
    u32 index = 0;
    if (in.gnu != nullptr) {
        index = find_gnu(in, name);
    } else if (in.sysv != nullptr) {
        index = find_sysv(in, name);
    }
    if (index == 0) return 0;
    const u64 address = in.bias + in.symbol[index].st_value;
    if (ELF64_ST_TYPE(in.symbol[index].st_info) != STT_GNU_IFUNC) return address;
    return reinterpret_cast<u64 (*)()>(address)();
}

bool holds(const dl_phdr_info& info, u64 address) {
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        const u64 start = info.dlpi_addr + header.p_vaddr;
        if (header.p_type == PT_LOAD && address - start < header.p_memsz) return true;
    }
    return false;
}

struct Search {
    Definition* wanted;
    u32 count;
    bool passed_ours;
};

int look_in(dl_phdr_info* info, std::size_t, void* context) {
    auto& search = *static_cast<Search*>(context);
    Symbols symbols;
    if (!read_symbols(*info, symbols)) return 0;
    const bool is_ours = holds(*info, address_of(&root()));
    u32 open = 0;
    for (u32 i = 0; i < search.count; ++i) {
        Definition& wanted = search.wanted[i];
        if (!wanted.is_behind) ++open;
        const bool is_needed = search.passed_ours ? !wanted.is_behind : wanted.address == 0;
        const u64 address = is_needed ? find(symbols, wanted.name) : 0;
        if (address == 0) continue;
        if (is_ours) {
            wanted.ours_is_first = true;
            continue;
        }
        wanted.address = address;
        wanted.is_libcs = symbols.is_libc;
        wanted.is_behind = search.passed_ours;
    }
    search.passed_ours = search.passed_ours || is_ours;
    return open == 0 ? 1 : 0;
}

}  // namespace

void find_definitions(Definition* wanted, u32 count) {
    Search search{wanted, count, false};
    dl_iterate_phdr(look_in, &search);
}

}  // namespace mt::runtime
