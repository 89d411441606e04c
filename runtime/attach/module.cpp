// SPDX-License-Identifier: MIT
#include "attach/module.h"

#include <elf.h>

#include "table/publish.h"

namespace mt::runtime {
namespace {

struct Tables {
    const Elf64_Sym* symbol = nullptr;
    const char* names = nullptr;
    const Elf64_Rela* plt = nullptr;
    u64 plt_count = 0;
    const Elf64_Rela* other = nullptr;
    u64 other_count = 0;
};

// The loader has added the bias already, but not in what is read-only (the vdso).
template <typename T>
const T* table_at(u64 bias, u64 address) {
    return pointer<const T>(address < bias ? address + bias : address);
}

Tables tables_of(const dl_phdr_info& info) {
    Tables tables;
    u64 relative = 0;
    const u64 bias = info.dlpi_addr;
    const auto* entry = pointer<const Elf64_Dyn>(dynamic_of(info));
    for (; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
        const u64 value = entry->d_un.d_val;
        switch (entry->d_tag) {
            case DT_SYMTAB:
                tables.symbol = table_at<Elf64_Sym>(bias, value);
                break;
            case DT_STRTAB:
                tables.names = table_at<char>(bias, value);
                break;
            case DT_JMPREL:
                tables.plt = table_at<Elf64_Rela>(bias, value);
                break;
            case DT_PLTRELSZ:
                tables.plt_count = value / sizeof(Elf64_Rela);
                break;
            case DT_RELA:
                tables.other = table_at<Elf64_Rela>(bias, value);
                break;
            case DT_RELASZ:
                tables.other_count = value / sizeof(Elf64_Rela);
                break;
            case DT_RELACOUNT:
                relative = value;
                break;
            default:
                break;
        }
    }
    // These come first, bind no name, and are most of a large library's.
    if (tables.other != nullptr && relative <= tables.other_count) {
        tables.other += relative;
        tables.other_count -= relative;
    }
    return tables;
}

struct Range {
    u64 start = 0, end = 0;
    bool holds(u64 address) const { return address - start < end - start; }
};

// Rounded as ld.so does when it takes the right to write away.
Range relro_of(const dl_phdr_info& info) {
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        if (header.p_type != PT_GNU_RELRO) continue;
        const u64 start = info.dlpi_addr + header.p_vaddr;
        return {start & ~u64{kPageSize - 1}, (start + header.p_memsz) & ~u64{kPageSize - 1}};
    }
    return {};
}

bool is_written_by(const dl_phdr_info& info, u64 address) {
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        const u64 offset = address - (info.dlpi_addr + header.p_vaddr);
        if (header.p_type == PT_LOAD && (header.p_flags & PF_W) != 0 && offset < header.p_memsz)
            return true;
    }
    return false;
}

class Walk {
  public:
    Walk(const dl_phdr_info& info, TakesEntry take, void* context)
        : info_(info),
          take_(take),
          context_(context),
          tables_(tables_of(info)),
          relro_(relro_of(info)) {}

    bool run() {
        if (tables_.symbol == nullptr || tables_.names == nullptr) return true;
        return over(tables_.plt, tables_.plt_count) && over(tables_.other, tables_.other_count);
    }

  private:
    bool over(const Elf64_Rela* relocation, u64 count) {
        for (u64 i = 0; relocation != nullptr && i < count; ++i) {
            if (!look_at(relocation[i])) return false;
        }
        return true;
    }
    // Others bind no function's whole address, or are bound by code that runs (IRELATIVE).
    bool look_at(const Elf64_Rela& relocation) {
        const u64 kind = ELF64_R_TYPE(relocation.r_info);
        const u64 index = ELF64_R_SYM(relocation.r_info);
        const bool binds =
            kind == R_X86_64_JUMP_SLOT || kind == R_X86_64_GLOB_DAT || kind == R_X86_64_64;
        if (!binds || index == 0 || relocation.r_addend != 0) return true;
        const u64 at = info_.dlpi_addr + relocation.r_offset;
        if (at % sizeof(u64) != 0 || !is_written_by(info_, at)) return true;
        const Elf64_Sym& symbol = tables_.symbol[index];
        const u64 own = symbol.st_shndx == SHN_UNDEF ? 0 : info_.dlpi_addr + symbol.st_value;
        const Entry entry{pointer<u64>(at), tables_.names + symbol.st_name,
                          kind == R_X86_64_JUMP_SLOT, own, relro_.holds(at)};
        return take_(context_, entry);
    }

    const dl_phdr_info& info_;
    const TakesEntry take_;
    void* const context_;
    const Tables tables_;
    const Range relro_;
};

}  // namespace

u64 dynamic_of(const dl_phdr_info& info) {
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        if (header.p_type == PT_DYNAMIC) return info.dlpi_addr + header.p_vaddr;
    }
    return 0;
}

bool runs_in(const dl_phdr_info& info, u64 address) {
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        const u64 offset = address - (info.dlpi_addr + header.p_vaddr);
        if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 && offset < header.p_memsz)
            return true;
    }
    return false;
}

bool each_entry(const dl_phdr_info& info, TakesEntry take, void* context) {
    return Walk(info, take, context).run();
}

}  // namespace mt::runtime
