// SPDX-License-Identifier: MIT
//
// See roots.h.
#include "roots/roots.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "roots/allocator.h"
#include "roots/stacks.h"

namespace mt::core {
namespace {

using graph::RootClass;

constexpr std::string_view kThreadPointer = "fs_base";

// Reading a device may change it, and the kernel lets nobody read most of them.
bool is_device(const Mapping& mapping) {
    const std::string_view path = mapping.path;
    return path.starts_with("/dev/") && !path.starts_with("/dev/shm/") &&
           !path.starts_with("/dev/zero") && !path.starts_with("/dev/hugepages/");
}

// Memory that may have been made read-only after it was written counts, too.
bool may_hold_pointers(const Mapping& mapping) {
    if (!mapping.readable || is_device(mapping)) return false;
    return mapping.writable || (mapping.path.empty() && !mapping.executable && !mapping.shared);
}

class RootFinder {
  public:
    explicit RootFinder(const Terrain& terrain) : at_(terrain), table_(*terrain.table) {}

    Result<Roots> run() {
        find_searched();
        MT_TRY(take_stacks());
        MT_TRY(take_heaps());
        take_modules();
        take_rest();
        add_registers();
        put_in_order();
        return std::move(result_);
    }

  private:
    void find_searched() {
        std::vector<MemoryRegion> regions;
        for (const Mapping& mapping : at_.mappings) {
            if (!may_hold_pointers(mapping)) continue;
            if (mapping.end - mapping.start > kLargestSearched)
                remark_large(mapping);
            else
                regions.push_back({mapping.start, mapping.end});
        }
        free_ = without(ranges_of(std::move(regions)), own_memory());
    }

    void remark_large(const Mapping& mapping) {
        result_.remarks.push_back(
            {"not-searched",
             fmt::format("{} GiB at {:#x} are not searched: larger mappings than 64 GiB are taken "
                         "for address space that was set aside",
                         (mapping.end - mapping.start) >> 30, mapping.start),
             mapping.end - mapping.start});
    }

    // The runtime's data, where it is a module of its own, but for the blocks that it gives out
    // before there is a malloc.
    Ranges own_memory() const {
        std::vector<MemoryRegion> own = table_.own.regions;
        const Module* runtime = module_at(table_.status.root_address);
        const bool is_apart =
            runtime != nullptr && at_.in_program != 0 && runtime != module_at(at_.in_program);
        if (is_apart) {
            const MemoryRegion data{runtime->start, runtime->end};
            for (const MemoryRegion& part : without({data}, {table_.own.bootstrap}))
                own.push_back(part);
        }
        return ranges_of(std::move(own));
    }

    const Module* module_at(std::uint64_t address) const {
        for (const Module& module : table_.modules) {
            const bool in = address >= module.start && address < module.end;
            if (in && module.unload_sequence == 0) return &module;
        }
        return nullptr;
    }

    Result<void> take_stacks() {
        std::vector<StackThread> threads;
        for (const ThreadAt& thread : at_.threads)
            threads.push_back({thread.stack_pointer, thread_pointer_of(thread)});
        const Stacks stacks =
            MT_TRY(find_stacks(*at_.memory, at_.mappings, threads, at_.main_stack));
        free_ = without(free_, stacks.dead);
        // Variables of threads that glibc made lie in the mapping of their stacks.
        for (const ThreadVariables& of : stacks.variables)
            take({of.range}, source_of(RootClass::thread_local_storage, of.thread));
        for (const ThreadStack& stack : stacks.stacks)
            take({stack.used}, source_of(RootClass::stack, stack.thread));
        for (const ThreadDtv& dtv : stacks.dtvs)
            add_word(dtv.address, source_of(RootClass::thread_local_storage, dtv.thread));
        return {};
    }

    RootSource source_of(RootClass root_class, std::optional<std::size_t> index) const {
        if (!index) return {root_class, 0, 0, ""};
        return {root_class, at_.threads[*index].number, at_.threads[*index].tid, ""};
    }

    std::uint64_t thread_pointer_of(const ThreadAt& thread) const {
        for (const ThreadRegisters& of : at_.registers) {
            if (of.number != thread.number) continue;
            for (const Register& one : of.registers)
                if (one.name == kThreadPointer) return one.value;
        }
        return 0;
    }

    Result<void> take_heaps() {
        const Module* executable = at_.in_program != 0 ? module_at(at_.in_program) : nullptr;
        const AllocatorMemory allocator = MT_TRY(allocator_memory(
            *at_.memory, at_.mappings, *at_.blocks, executable != nullptr ? executable->end : 0));
        if (!allocator.known)
            result_.remarks.push_back(
                {"other-allocator",
                 "the heap is not glibc's: what was freed there is searched as well and may hide "
                 "a leak",
                 0});
        free_ = without(free_, allocator.books);
        const Ranges heaps = common(free_, without(allocator.heaps, module_ranges(table_)));
        if (table_.own.knows_all_blocks) {
            free_ = without(free_, heaps);
            return {};
        }
        take(heaps, {RootClass::other, 0, 0, "heap from before tracing began"});
        result_.remarks.push_back(
            {"earlier-blocks",
             "not every block is known (tracing did not begin with the program, or lost some): "
             "all memory of the heap beside known blocks counts as theirs and may hide a leak",
             0});
        return {};
    }

    void take_modules() {
        for (const Module& module : table_.modules) {
            if (module.unload_sequence != 0 || module.start >= module.end) continue;
            take({{module.start, module.end}}, {RootClass::module_data, 0, 0, module.path});
        }
    }

    void take_rest() {
        const Ranges rest = std::exchange(free_, {});
        auto part = rest.begin();
        for (const Mapping& mapping : at_.mappings) {
            while (part != rest.end() && part->end <= mapping.start) ++part;
            for (auto at = part; at != rest.end() && at->start < mapping.end; ++at)
                add_range({std::max(at->start, mapping.start), std::min(at->end, mapping.end)},
                          {RootClass::mapping, 0, 0, mapping.path});
        }
    }

    void add_registers() {
        for (const ThreadRegisters& thread : at_.registers)
            for (const Register& one : thread.registers)
                if (one.value != 0)
                    add_word(one.value,
                             {RootClass::registers, thread.number, thread.tid, one.name});
        const std::size_t missing =
            at_.threads.size() - std::min(at_.threads.size(), at_.registers.size());
        if (missing == 0) return;
        result_.remarks.push_back(
            {"no-registers",
             fmt::format("registers of {} thread{} could not be read; what only they hold is "
                         "shown as lost",
                         missing, missing == 1 ? "" : "s"),
             missing});
    }

    // Of chains that are equally long, the one from a variable says more than one from a stack.
    void put_in_order() {
        std::stable_sort(
            result_.roots.begin(), result_.roots.end(),
            [](const graph::Root& a, const graph::Root& b) { return a.root_class < b.root_class; });
    }

    // As much of the ranges as is free; it is taken then.
    void take(const Ranges& ranges, const RootSource& source) {
        for (const MemoryRegion& part : common(free_, ranges)) add_range(part, source);
        free_ = without(free_, ranges);
    }

    void add_range(const MemoryRegion& range, const RootSource& source) {
        graph::Root root = next_root(source);
        root.range = {range.start, range.end - range.start};
        result_.bytes += root.range.size;
        result_.roots.push_back(root);
    }

    void add_word(std::uint64_t word, const RootSource& source) {
        graph::Root root = next_root(source);
        root.word = word;
        result_.roots.push_back(root);
    }

    graph::Root next_root(const RootSource& source) {
        graph::Root root;
        root.root_class = source.root_class;
        root.id = static_cast<std::uint32_t>(result_.sources.size());
        result_.sources.push_back(source);
        return root;
    }

    const Terrain& at_;
    const Table& table_;
    Ranges free_;  // searched memory that is nobody's yet
    Roots result_;
};

}  // namespace

Ranges module_ranges(const Table& table) {
    std::vector<MemoryRegion> regions;
    for (const Module& module : table.modules)
        if (module.unload_sequence == 0) regions.push_back({module.start, module.end});
    return ranges_of(std::move(regions));
}

Result<Roots> find_roots(const Terrain& terrain) { return RootFinder(terrain).run(); }

}  // namespace mt::core
