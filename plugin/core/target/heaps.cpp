// SPDX-License-Identifier: MIT
//
// See heaps.h.
#include "target/heaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "model/text.h"
#include "symbols/name.h"
#include "target/thread_registers.h"

namespace mt::core {
namespace {

constexpr std::string_view kThreadPointer = "fs_base";
constexpr const char* kDamaged = "damaged-heap";  // a remark's code
// How the libraries of other allocators are called.
constexpr std::array<std::string_view, 5> kOthers{"jemalloc", "tcmalloc", "mimalloc", "hoard",
                                                  "snmalloc"};

Error no_heap(const std::vector<Mapping>& mappings) {
    for (const Mapping& mapping : mappings) {
        const std::string_view name = base_name(mapping.path);
        for (const std::string_view other : kOthers)
            if (name.find(other) != std::string_view::npos)
                return {Code::refused,
                        fmt::format("the program's allocator is {}, which mt heap does not know",
                                    printable(name))};
    }
    if (mappings.empty())
        return {Code::refused, "the program's memory map cannot be read, so its heap is not found"};
    return {Code::refused,
            "no heap of glibc's malloc was found: nothing was allocated yet, libc's data cannot "
            "be read, or the program has an allocator of its own"};
}

Result<std::vector<heap::ThreadPointer>> thread_pointers(Debugger& debugger, Memory& memory) {
    const std::vector<ThreadAt> threads = MT_TRY(debugger.threads());
    const auto core = memory.core_file();
    const auto all = MT_TRY(thread_registers(debugger, core.get(), threads));
    std::vector<heap::ThreadPointer> pointers;
    for (const ThreadRegisters& thread : all)
        for (const Register& one : thread.registers)
            if (one.name == kThreadPointer) pointers.push_back({thread.number, one.value});
    return pointers;
}

// A file's mappings are one module.
std::vector<Module> modules_of(const std::vector<Mapping>& mappings) {
    std::vector<Module> modules(1);
    for (const Mapping& mapping : mappings) {
        if (!mapping.path.starts_with("/")) continue;
        if (modules.back().path == mapping.path) {
            modules.back().end = mapping.end;
            continue;
        }
        Module module;
        module.start = module.bias = mapping.start;
        module.end = mapping.end;
        module.path = mapping.path;
        modules.push_back(std::move(module));
    }
    return modules;
}

Result<void> add_blocks(const std::vector<heap::Heap>& heaps, Table& table, std::uint64_t& unsure,
                        const Interrupted& interrupted) {
    for (const heap::Heap& heap : heaps) {
        const auto add = [&](std::uint64_t address, std::uint64_t capacity, bool maybe) {
            unsure += maybe ? 1 : 0;
            table.blocks.push_back({address, capacity, kStackOfHeap, 0});
            return true;
        };
        MT_TRY(heap::each_block(heap, add, interrupted));
    }
    const auto before = [](const Block& a, const Block& b) { return a.address < b.address; };
    if (!std::is_sorted(table.blocks.begin(), table.blocks.end(), before))
        MT_TRY(sort_unless_stopped(table.blocks.begin(), table.blocks.end(), before, interrupted));
    return {};
}

Trace trace_of(const Table& table) {
    Trace trace;
    trace.id = kStackOfHeap;
    for (const Block& block : table.blocks) trace.size += static_cast<std::int64_t>(block.size);
    trace.count = static_cast<std::int64_t>(table.blocks.size());
    trace.alloc_bytes = static_cast<std::uint64_t>(trace.size);
    trace.alloc_count = static_cast<std::uint64_t>(trace.count);
    return trace;
}

void add_remarks(const std::vector<heap::Heap>& heaps, std::uint64_t unsure, Table& table) {
    table.remarks.push_back(
        {"untraced",
         "nobody traced this program: blocks are those of malloc's own books, without tracebacks, "
         "and sizes what it set aside; --by type and --by size tell more",
         0});
    if (unsure != 0)
        table.remarks.push_back({"mappings-differ",
                                 fmt::format("{} block{} with a mapping of their own may be none; "
                                             "mt heap says more",
                                             unsure, unsure == 1 ? "" : "s"),
                                 unsure});
    std::uint64_t damaged = 0;
    for (const heap::Heap& heap : heaps)
        for (const heap::ArenaSums& sums : heap.sums) damaged += sums.damaged_bytes;
    if (damaged != 0)
        table.remarks.push_back(
            {kDamaged,
             fmt::format("{} of the heap contradict themselves and are left out; mt heap --check "
                         "lists where",
                         format_size(static_cast<std::int64_t>(damaged))),
             damaged});
}

}  // namespace

Result<std::vector<heap::Heap>> find_heaps(Debugger& debugger, Memory& memory,
                                           const Interrupted& interrupted) {
    heap::HeapOptions options;
    options.threads = MT_TRY(thread_pointers(debugger, memory));
    Progress& progress = debugger.progress();
    progress.stage("walking the heap");
    options.progress = [&progress](auto part, auto all) { progress.done(part, all); };
    ReadFunction read = memory.concurrent_read();
    if (!read)
        read = [&memory](std::uint64_t address, void* out, std::size_t size) {
            return memory.read(address, out, size);
        };
    const std::vector<Mapping> mappings = memory.mappings();
    auto heaps = MT_TRY(heap::find_heaps(read, mappings, options, interrupted));
    if (heaps.empty()) return fail(no_heap(mappings));
    return heaps;
}

Result<Table> table_of_heaps(const std::vector<heap::Heap>& heaps, const Target& target,
                             const std::vector<Mapping>& mappings, const Interrupted& interrupted) {
    Table table;
    table.status.untraced = true;
    table.status.identity.pid = static_cast<std::uint32_t>(target.pid);
    table.status.identity.cookie = heaps.front().books.arenas.front().address;
    table.modules = modules_of(mappings);
    table.has_blocks = true;
    std::uint64_t unsure = 0;
    MT_TRY(add_blocks(heaps, table, unsure, interrupted));
    table.traces.push_back(trace_of(table));
    table.count_totals();
    add_remarks(heaps, unsure, table);
    // What is no block there is nobody's.
    table.own.knows_all_blocks =
        std::none_of(table.remarks.begin(), table.remarks.end(),
                     [](const Remark& remark) { return remark.code == kDamaged; });
    return table;
}

}  // namespace mt::core
