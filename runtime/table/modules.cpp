// SPDX-License-Identifier: MIT
#include "table/modules.h"

#include "guard/locks.h"
#include "os/process.h"
#include "os/startup.h"
#include "stack/objects.h"
#include "stack/rule_cache.h"
#include "table/header.h"
#include "table/losses.h"

namespace mt::runtime {

namespace {

// Multiples of the golden ratio lie far apart: tens of thousands of them differ in bits that
// no address has, so that no two chain_hash() of an address under two meanings are the same.
constexpr u64 kMeaningStep = 0x9e3779b97f4a7c15ull;

}  // namespace

u64 closed_high = 0;
u64 address_meaning = kMeaningStep;

namespace {

constexpr u32 kMaxModules = 65536;
constexpr u32 kMaxPath = 4096;

// Bounds of all ranges that were closed and not mapped again; high 0 = none.
u64 closed_low = 0;
u16 last_hit = 0;

Module* module_at(u64 i) {
    return directory_record<Module>(header()->module_chunk, kModuleChunks, kModulesPerChunk, i);
}

bool is_open(const Module& m) { return load(m.unload_sequence) == 0; }

u64 next_sequence() { return header()->load_sequence + 1; }

bool same_build(const Module& m, const u8 (&id)[20], u32 id_length) {
    if (m.build_id_length != id_length) return false;
    for (u32 i = 0; i < id_length; ++i) {
        if (m.build_id[i] != id[i]) return false;
    }
    return true;
}

bool same_bytes(const char* a, const char* b, u64 length) {
    for (u64 i = 0; i < length; ++i) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

bool same_path(const Module& m, const char* path, u32 length) {
    return m.path_length == length && same_bytes(pointer<const char>(m.path), path, length);
}

bool covers(const Module& m, u64 pc) { return pc >= m.start && pc < m.end && is_open(m); }

// 0 = not logged as open. Neighbouring frames are often of one module.
u16 find_open(u64 pc) {
    const u16 hint = load(last_hit);
    if (hint != 0 && covers(*module_at(hint), pc)) return hint;
    for (u64 i = load(header()->module_count) - 1; i > 0; --i) {
        if (!covers(*module_at(i), pc)) continue;
        publish(last_hit, i);
        return static_cast<u16>(i);
    }
    return 0;
}

void close(Module& m) {
    publish(m.unload_sequence, next_sequence());
    publish(header()->load_sequence, next_sequence());
    if (closed_high == 0 || m.start < closed_low) publish(closed_low, m.start);
    if (m.end > closed_high) publish(closed_high, m.end);
}

struct Description {
    stack::Object object;
    u8 build_id[20];
    u32 build_id_length;
    u32 path_length;
    char* path;
    u32 name_length;  // 0 = the path has it
    const char* name;
};

// The closed row of the same library at the same place, or nullptr.
Module* closed_twin(const Description& d) {
    const u64 count = header()->module_count;
    for (u64 i = 1; i < count; ++i) {
        Module& m = *module_at(i);
        if (!is_open(m) && m.start == d.object.start && m.end == d.object.end &&
            same_build(m, d.build_id, d.build_id_length) && same_path(m, d.path, d.path_length)) {
            return &m;
        }
    }
    return nullptr;
}

bool overlaps_any(const stack::Object& object) {
    const u64 count = header()->module_count;
    bool found = false;
    for (u64 i = 1; i < count; ++i) {
        Module& m = *module_at(i);
        if (m.end <= object.start || m.start >= object.end) continue;
        found = true;
        if (is_open(m)) close(m);  // closed behind our back (a close inside the loader)
    }
    return found;
}

u64 base_of(const char* path, u64 length) {
    u64 base = 0;
    for (u64 i = 0; i < length; ++i) {
        if (path[i] == '/') base = i + 1;
    }
    return base;
}

// A program that was started by a symbolic link goes by the link's name.
void name_of_program(Description& d) {
    const char* name = os::started_as();
    if (name == nullptr) return;
    u32 length = 0;
    while (length < kMaxPath && name[length] != '\0') ++length;
    const u64 mine = base_of(name, length);
    const u64 file = base_of(d.path, d.path_length);
    if (length - mine == d.path_length - file &&
        same_bytes(name + mine, d.path + file, length - mine)) {
        return;
    }
    d.name = name;
    d.name_length = length;
}

u64 copy_of(const char* text, u32 length) {
    auto* copy = static_cast<char*>(process_pool.take(length + 1));
    for (u32 i = 0; copy != nullptr && i < length; ++i) copy[i] = text[i];
    return address_of(copy);
}

u16 append(const Description& d) {
    const u64 at = header()->module_count;
    Module* m = at < kMaxModules ? module_at(at) : nullptr;
    const u64 path = copy_of(d.path, d.path_length);
    if (m == nullptr || path == 0) return 0;
    m->bias = d.object.bias;
    m->start = d.object.start;
    m->end = d.object.end;
    m->path = path;
    m->path_length = d.path_length;
    m->name = d.name_length == 0 ? 0 : copy_of(d.name, d.name_length);
    m->name_length = m->name == 0 ? 0 : d.name_length;
    m->build_id_length = d.build_id_length;
    for (u32 i = 0; i < sizeof(m->build_id); ++i) m->build_id[i] = d.build_id[i];
    m->load_sequence = next_sequence();
    publish(header()->load_sequence, m->load_sequence);
    publish(header()->module_count, at + 1);
    return static_cast<u16>(at);
}

// Under the lock: the path's room is one for all, and the program's stack is
// spared. Others do not wait for the lock, so asking the loader here cannot
// hang anybody.
char path_room[kMaxPath];

bool describe(u64 pc, Description& d) {
    if (!stack::find_object(pc, d.object)) return false;
    d.path = path_room;
    d.path_length = stack::object_path(d.object, d.path, kMaxPath);
    if (d.path_length == 0) {
        d.path_length = os::program_path(d.path, kMaxPath);
        name_of_program(d);
    }
    d.build_id_length = stack::object_build_id(d.object, d.build_id);
    return true;
}

u16 log_module(u64 pc) {
    Holder holder(process_locks.modules);
    if (!holder) {
        count_loss(LossKind::modules_full);
        return 0;
    }
    if (const u16 known = find_open(pc)) return known;
    Description d = {};
    if (!describe(pc, d)) return 0;
    if (Module* twin = closed_twin(d)) {
        twin->load_sequence = next_sequence();
        publish(header()->load_sequence, twin->load_sequence);
        publish(twin->unload_sequence, 0);
        return find_open(pc);
    }
    const bool reused = overlaps_any(d.object);
    const u16 index = append(d);
    if (index == 0) count_loss(LossKind::modules_full);
    if (reused) {
        __atomic_fetch_add(&address_meaning, kMeaningStep, __ATOMIC_ACQ_REL);
        stack::forget_rules();
    }
    return index;
}

bool in_closed_range(u64 pc) {
    const u64 count = load(header()->module_count);
    bool closed = false;
    for (u64 i = 1; i < count; ++i) {
        const Module& m = *module_at(i);
        if (pc < m.start || pc >= m.end) continue;
        if (is_open(m)) return false;
        closed = true;
    }
    return closed;
}

}  // namespace

u16 module_of(u64 pc) {
    if (const u16 known = find_open(pc)) return known;
    return log_module(pc);
}

void log_closed_modules() {
    if (header() == nullptr) return;
    const u64 count = load(header()->module_count);
    bool any = false;
    for (u64 i = 1; i < count; ++i) {
        Module& m = *module_at(i);
        if (!is_open(m) || stack::is_loaded_at(m.start, m.end)) continue;
        Holder holder(process_locks.modules);
        if (!holder || !is_open(m)) continue;
        close(m);
        any = true;
    }
    if (any) stack::forget_rules();
}

void forget_modules() {
    publish(last_hit, 0);
    publish(closed_high, 0);
    publish(closed_low, 0);
}

void check_reused_ranges(const u64* pcs, u32 count) {
    const u64 high = load(closed_high);
    if (high == 0) return;
    const u64 low = load(closed_low);
    for (u32 i = 0; i < count; ++i) {
        const u64 pc = pcs[i] - 1;
        if (pc >= low && pc < high && in_closed_range(pc)) module_of(pc);
    }
}

}  // namespace mt::runtime
