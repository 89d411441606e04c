// SPDX-License-Identifier: MIT
//
// See heap_graph.h.
#include "app/graph/heap_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/graph/beginnings.h"
#include "binding/loaded.h"
#include "model/text.h"
#include "target/thread_registers.h"

namespace mt::core {
namespace {

// In ld.so: where the first thread's stack ended when the program began.
constexpr const char* kStackEnd = "__libc_stack_end";
// Of pointers between blocks, for each block: a heap of real programs has two or three; garbage
// that looks like pointers is not worth the machine's memory.
constexpr std::uint64_t kMostEdges = 64, kFewestLimit = 1u << 24;

// Blocks of the heap: what the program tracks in domains of its own has keys, not addresses.
Result<std::vector<graph::Extent>> blocks_of(const Table& table, std::vector<std::uint32_t>& places,
                                             const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::vector<graph::Extent> blocks;
    blocks.reserve(table.blocks.size());
    places.reserve(table.blocks.size());
    for (std::uint32_t i = 0; i < table.blocks.size(); ++i) {
        if (stop()) return interrupted_error();
        const Block& block = table.blocks[i];
        if (table.domain_of(block) != 0) continue;
        if (!blocks.empty() && block.address <= blocks.back().address) continue;  // damaged
        blocks.push_back({block.address, block.size});
        places.push_back(i);
    }
    return blocks;
}

// Where the loader's list says that the program is.
Result<std::uint64_t> in_program(Memory& memory, const Status& status) {
    const std::vector<LoadedModule> loaded = MT_TRY(loaded_modules(memory, status.loaded));
    for (const LoadedModule& module : loaded)
        if (module.path.empty() && module.space == 0) return module.dynamic;
    return 0;
}

Result<Terrain> terrain_of(Debuggee& debuggee, const HeapGraph& graph) {
    Debugger& debugger = debuggee.debugger();
    Terrain terrain;
    terrain.memory = graph.process.memory;
    const auto core = graph.process.memory->core_file();
    if (core != nullptr && core->box)
        return fail(Code::refused,
                    "a black box has no registers, stacks and memory, so what holds its blocks "
                    "cannot be told");
    terrain.mappings = graph.process.memory->mappings();
    if (terrain.mappings.empty())
        return fail(Code::refused,
                    "the program's memory map cannot be read, so what holds its "
                    "blocks cannot be told");
    terrain.threads = MT_TRY(debugger.threads());
    terrain.registers = MT_TRY(thread_registers(debugger, core.get(), terrain.threads));
    const std::uint64_t symbol = MT_TRY(debugger.find_symbol(kStackEnd));
    if (symbol != 0)
        MT_TRY(graph.process.memory->read(symbol, &terrain.main_stack, sizeof terrain.main_stack));
    terrain.in_program = MT_TRY(in_program(*graph.process.memory, graph.process.status));
    terrain.table = graph.table.get();
    terrain.blocks = &graph.index.blocks();
    return terrain;
}

// What was not read may hold anything.
void remark_unread(const graph::Coverage& coverage, bool is_core, std::vector<Remark>& remarks) {
    if (coverage.bytes_unreadable == 0) return;
    const graph::Extent& first = coverage.unreadable.front();
    remarks.push_back(
        {"unreadable",
         fmt::format("{} in {} range{}, the first at {:#x}, {}; what only {} is shown as lost",
                     format_size(static_cast<std::int64_t>(coverage.bytes_unreadable)),
                     coverage.unreadable.size(), coverage.unreadable.size() == 1 ? "" : "s",
                     first.address, is_core ? "are not in this core" : "could not be read",
                     coverage.unreadable.size() == 1 ? "that holds" : "they hold"),
         coverage.bytes_unreadable});
}

graph::ScanOptions options_for(const HeapGraph& graph) {
    graph::ScanOptions options;
    options.rules = graph.rules;
    options.most_edges = std::max(kFewestLimit, graph.size() * kMostEdges);
    return options;
}

Result<graph::Scanned> search(Debuggee& debuggee, const HeapGraph& graph) {
    graph::ScanOptions options = options_for(graph);
    Memory& memory = *graph.process.memory;
    graph::Read read = memory.concurrent_read();
    options.threads = read ? 0 : 1;
    if (!read)
        read = [&memory](std::uint64_t address, void* out, std::size_t size) {
            return memory.read(address, out, size);
        };
    Progress& progress = debuggee.progress();
    progress.stage("searching the memory for pointers");
    options.progress = [&progress](auto taken, auto all) { progress.done(taken, all); };
    const Beginnings beginnings(read, module_ranges(*graph.table));
    options.rules.is_beginning = [&](graph::Number block, std::uint64_t offset) {
        return beginnings.is_one(graph.index.blocks()[block], offset);
    };
    return graph::scan(graph.index, graph.roots.roots, read, options, debuggee.interrupted());
}

}  // namespace

Result<HeapGraph> heap_graph(Debuggee& debuggee, const graph::PointerRules& rules) {
    HeapGraph graph;
    graph.process = MT_TRY(debuggee.process_or_heap());
    MT_TRY(needs_tracing(graph.process, "no block is known"));
    ReadOptions options;
    options.blocks = true;
    options.own = true;
    graph.table = MT_TRY(read_now(graph.process, options));
    graph.rules = rules;
    std::vector<graph::Extent> blocks =
        MT_TRY(blocks_of(*graph.table, graph.places, debuggee.interrupted()));
    MT_TRY(graph::BlockIndex::check_count(blocks.size()));
    graph.index = MT_TRY(graph::BlockIndex::make(std::move(blocks), debuggee.interrupted()));
    const Terrain terrain = MT_TRY(terrain_of(debuggee, graph));
    graph.threads = terrain.threads.size();
    graph.roots = MT_TRY(find_roots(terrain));
    graph.scanned = MT_TRY(search(debuggee, graph));
    debuggee.progress().stage("following the pointers");
    graph.remarks = graph.roots.remarks;
    remark_unread(graph.scanned.coverage, graph.process.is_core(), graph.remarks);
    return graph;
}

}  // namespace mt::core
