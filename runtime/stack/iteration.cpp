// SPDX-License-Identifier: MIT
//
// Finding an object without _dl_find_object: a table of what dl_iterate_phdr
// lists, made again when something was loaded or unloaded. Nobody waits for
// anybody here: who cannot have the table asks the loader directly.
#include "stack/iteration.h"

#include <elf.h>
#include <link.h>

#include "stack/machine.h"

namespace mt::runtime::stack {

namespace {

constexpr u32 kCapacity = 512;

// Sequence lock: odd while one thread fills the table. Readers copy an entry and
// believe it if the sequence did not move. A writer that never comes back (a
// fork's child, a jump out of a signal handler) leaves it odd for good, which
// costs time only.
struct Table {
    u64 sequence;
    u64 loads;  // dlpi_adds and dlpi_subs that it was made at; 0 = never made
    u64 unloads;
    u32 count;
    bool all;  // holds every object
    Object object[kCapacity];
};
Table table;

bool describe(const dl_phdr_info& info, Object& object) {
    object = Object{~u64{0},        0, info.dlpi_addr, 0, nullptr, info.dlpi_name, info.dlpi_phdr,
                    info.dlpi_phnum};
    for (u32 i = 0; i < info.dlpi_phnum; ++i) {
        const Elf64_Phdr& header = info.dlpi_phdr[i];
        const u64 start = info.dlpi_addr + header.p_vaddr;
        if (header.p_type == PT_GNU_EH_FRAME) object.eh_frame_hdr = start;
        if (header.p_type != PT_LOAD) continue;
        const u64 first = start & ~(machine::kPage - 1);
        const u64 end = start + header.p_memsz;
        if (first < object.start) object.start = first;
        if (end > object.end) object.end = end;
    }
    return object.start < object.end;
}

struct Counts {
    u64 loads;
    u64 unloads;
};

int read_counts(dl_phdr_info* info, std::size_t, void* out) {
    *static_cast<Counts*>(out) = Counts{info->dlpi_adds, info->dlpi_subs};
    return 1;
}

int fill(dl_phdr_info* info, std::size_t, void*) {
    table.loads = info->dlpi_adds;
    table.unloads = info->dlpi_subs;
    if (table.count == kCapacity) {
        table.all = false;
        return 1;
    }
    if (describe(*info, table.object[table.count])) ++table.count;
    return 0;
}

struct Search {
    u64 address;
    Object* object;
};

int match(dl_phdr_info* info, std::size_t, void* context) {
    auto* search = static_cast<Search*>(context);
    Object object;
    if (!describe(*info, object)) return 0;
    if (search->address < object.start || search->address >= object.end) return 0;
    *search->object = object;
    return 1;
}

bool ask_loader(u64 address, Object& object) {
    Search search{address, &object};
    return dl_iterate_phdr(match, &search) == 1;
}

void refresh(u64 sequence) {
    if (!__atomic_compare_exchange_n(&table.sequence, &sequence, sequence + 1, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    table.count = 0;
    table.all = true;
    dl_iterate_phdr(fill, nullptr);
    __atomic_store_n(&table.sequence, sequence + 2, __ATOMIC_RELEASE);
}

enum class Found { yes, no, stale, unsure };

Found look_up(u64 address, Object& object, const Counts& now) {
    const u64 before = __atomic_load_n(&table.sequence, __ATOMIC_ACQUIRE);
    if ((before & 1) != 0) return Found::unsure;
    if (table.loads != now.loads || table.unloads != now.unloads) return Found::stale;
    Found found = table.all ? Found::no : Found::unsure;
    const u32 count = table.count < kCapacity ? table.count : kCapacity;
    for (u32 i = 0; i < count; ++i) {
        const Object& entry = table.object[i];
        if (address < entry.start || address >= entry.end) continue;
        object = entry;
        found = Found::yes;
        break;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    const u64 after = __atomic_load_n(&table.sequence, __ATOMIC_RELAXED);
    return before == after ? found : Found::unsure;
}

}  // namespace

bool find_object_by_iteration(u64 address, Object& object) {
    Counts now{0, 0};
    dl_iterate_phdr(read_counts, &now);
    Found found = look_up(address, object, now);
    if (found == Found::stale) {
        const u64 sequence = __atomic_load_n(&table.sequence, __ATOMIC_RELAXED);
        if ((sequence & 1) == 0) refresh(sequence);
        found = look_up(address, object, now);
    }
    if (found == Found::yes || found == Found::no) return found == Found::yes;
    return ask_loader(address, object);
}

}  // namespace mt::runtime::stack
