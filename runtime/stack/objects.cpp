// SPDX-License-Identifier: MIT
//
// Looks at loaded objects through their program headers only: sections may lack or lie;
// each number is checked against the range that the loader states.
#include "stack/objects.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "stack/iteration.h"
#include "stack/machine.h"

namespace mt::runtime::stack {

// glibc's struct dl_find_object, declared here so that a runtime built with an
// older glibc uses the function where a newer one runs it.
struct LoaderAnswer {
    unsigned long long flags;
    void* map_start;
    void* map_end;
    struct link_map* link_map;
    void* eh_frame;
    unsigned long long reserved[7];
};
extern "C" int loader_find_object(void* address, LoaderAnswer* answer) noexcept
    __asm__("_dl_find_object") __attribute__((weak));

namespace {

const Elf64_Phdr* headers_of(const Object& object) {
    return static_cast<const Elf64_Phdr*>(object.program_headers);
}

// The program headers as the first page of the object states them. patchelf and
// odd linker scripts move them elsewhere; such an object counts as one segment.
void find_program_headers(Object& object) {
    object.program_headers = nullptr;
    object.program_header_count = 0;
    if (object.end - object.start < machine::kPage) return;
    const auto* elf = reinterpret_cast<const Elf64_Ehdr*>(object.start);
    for (u32 i = 0; i < SELFMAG; ++i) {
        if (elf->e_ident[i] != static_cast<u8>(ELFMAG[i])) return;
    }
    if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_phentsize != sizeof(Elf64_Phdr)) return;
    if (elf->e_phoff % alignof(Elf64_Phdr) != 0 || elf->e_phoff > machine::kPage) return;
    if (elf->e_phnum > (machine::kPage - elf->e_phoff) / sizeof(Elf64_Phdr)) return;
    object.program_headers = reinterpret_cast<const void*>(object.start + elf->e_phoff);
    object.program_header_count = elf->e_phnum;
}

// [bias + address, + size) if it lies in the object, else empty.
Span range_in(const Object& object, u64 address, u64 size) {
    const u64 start = object.bias + address;
    if (start < object.start || start > object.end || size > object.end - start) return {0, 0};
    return {start, start + size};
}

// The program itself, if the address is in one of its segments. Not left to the
// loader: the kernel maps a program as its headers say, with a hole wherever an
// address is aligned to more than a page, and of such a program the loader knows
// each segment by itself. False also if the headers do not say where they are
// (they do in all that have an interpreter).
[[gnu::noinline]] bool find_program(u64 address, Object& object) {
    const u64 place = getauxval(AT_PHDR);
    const auto* header = reinterpret_cast<const Elf64_Phdr*>(place);
    const u32 count = header != nullptr ? static_cast<u32>(getauxval(AT_PHNUM)) : 0;
    object = Object{~u64{0}, 0, ~u64{0}, 0, nullptr, "", header, count};
    bool inside = false;
    for (u32 i = 0; i < count; ++i, ++header) {
        // Comes before all segments (System V gABI).
        if (header->p_type == PT_PHDR) object.bias = place - header->p_vaddr;
        const u64 start = object.bias + header->p_vaddr;
        if (header->p_type == PT_GNU_EH_FRAME) object.eh_frame_hdr = start;
        if (header->p_type != PT_LOAD || object.bias == ~u64{0}) continue;
        const u64 first = start & ~(machine::kPage - 1);
        const u64 end = start + header->p_memsz;
        if (first < object.start) object.start = first;
        if (end > object.end) object.end = end;
        inside = inside || (address >= first && address < end);
    }
    return inside;
}

// Not inlined: what it keeps on the stack is not there while others look.
[[gnu::noinline]] bool ask_loader(u64 address, Object& object) {
    LoaderAnswer answer;
    if (loader_find_object(reinterpret_cast<void*>(address), &answer) != 0) return false;
    object.start = reinterpret_cast<u64>(answer.map_start);
    object.end = reinterpret_cast<u64>(answer.map_end);
    object.bias = answer.link_map->l_addr;
    object.eh_frame_hdr = reinterpret_cast<u64>(answer.eh_frame);
    object.link_map = answer.link_map;
    object.name = answer.link_map->l_name;
    find_program_headers(object);
    return true;
}

}  // namespace

bool find_object_by_loader(u64 address, Object& object) {
    if (loader_find_object == nullptr) return false;
    return find_program(address, object) || ask_loader(address, object);
}

bool is_loaded_at(u64 start, u64 end) {
    if (loader_find_object == nullptr) {
        Object object = {};
        return find_object_by_iteration(start, object) && object.start == start &&
               object.end == end;
    }
    Object program;
    if (find_program(start, program)) return program.start == start && program.end == end;
    LoaderAnswer answer;
    return loader_find_object(reinterpret_cast<void*>(start), &answer) == 0 &&
           reinterpret_cast<u64>(answer.map_start) == start &&
           reinterpret_cast<u64>(answer.map_end) == end;
}

bool find_object(u64 address, Object& object) {
#ifndef MEMTRACE_OBJECTS_BY_ITERATION
    if (loader_find_object != nullptr) return find_object_by_loader(address, object);
#endif
    return find_object_by_iteration(address, object);
}

bool is_in_object(u64 address) {
#ifndef MEMTRACE_OBJECTS_BY_ITERATION
    LoaderAnswer answer;
    if (loader_find_object != nullptr) {
        return loader_find_object(reinterpret_cast<void*>(address), &answer) == 0;
    }
#endif
    Object object;
    return find_object_by_iteration(address, object);
}

Span segment_of(const Object& object, u64 address) {
    const Span whole{object.start, object.end};
    if (object.program_header_count == 0) return whole.contains(address) ? whole : Span{0, 0};
    for (u32 i = 0; i < object.program_header_count; ++i) {
        const Elf64_Phdr& header = headers_of(object)[i];
        if (header.p_type != PT_LOAD || (header.p_flags & PF_R) == 0) continue;
        const Span segment = range_in(object, header.p_vaddr, header.p_filesz);
        if (segment.contains(address)) return segment;
    }
    return {0, 0};
}

u32 object_path(const Object& object, char* out, u32 capacity) {
    u32 length = 0;
    while (object.name != nullptr && length < capacity && object.name[length] != '\0') {
        out[length] = object.name[length];
        ++length;
    }
    return length;
}

namespace {

constexpr u64 align_up(u64 value, u64 alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

u32 build_id_of(Span notes, u64 alignment, u8 (&out)[20]) {
    Bytes bytes{notes};
    while (bytes.left() >= sizeof(Elf64_Nhdr)) {
        const u32 name_size = bytes.take32();
        const u32 size = bytes.take32();
        const u32 type = bytes.take32();
        const u64 name = bytes.at();
        bytes.skip(align_up(name_size, 4));
        const u64 value = align_up(bytes.at(), alignment);
        bytes.skip(value - bytes.at());
        bytes.skip(size);
        if (!bytes.ok()) return 0;
        const bool is_gnu =
            name_size == 4 && __builtin_memcmp(reinterpret_cast<void*>(name), ELF_NOTE_GNU, 4) == 0;
        if (is_gnu && type == NT_GNU_BUILD_ID) {
            const u32 length = size < 20 ? size : 20;
            for (u32 i = 0; i < length; ++i) out[i] = reinterpret_cast<const u8*>(value)[i];
            return length;
        }
        const u64 next = align_up(bytes.at(), alignment);
        bytes.skip(next - bytes.at());
    }
    return 0;
}

}  // namespace

u32 object_build_id(const Object& object, u8 (&out)[20]) {
    for (u32 i = 0; i < object.program_header_count; ++i) {
        const Elf64_Phdr& header = headers_of(object)[i];
        if (header.p_type != PT_NOTE) continue;
        const Span notes = range_in(object, header.p_vaddr, header.p_filesz);
        const Span segment = segment_of(object, notes.start);
        if (notes.size() == 0 || notes.end > segment.end) continue;
        const u32 length = build_id_of(notes, header.p_align == 8 ? 8 : 4, out);
        if (length != 0) return length;
    }
    return 0;
}

}  // namespace mt::runtime::stack
