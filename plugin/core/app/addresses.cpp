// SPDX-License-Identifier: MIT
//
// See addresses.h.
#include "app/addresses.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyse/by_thread.h"
#include "model/numbers.h"
#include "model/text.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kRedZone = 128;  // below the stack pointer and in use all the same

// The thread on whose stack the address lies: of several in one mapping the one whose
// frames reach up from nearest below it.
std::optional<Place> stack_at(const Table& table, const std::vector<ThreadAt>& threads,
                              const std::vector<MemoryRegion>& regions, std::uint64_t address) {
    const auto region = std::find_if(regions.begin(), regions.end(), [&](const auto& one) {
        return address >= one.start && address < one.end;
    });
    if (region == regions.end()) return std::nullopt;
    const ThreadAt *on = nullptr, *above = nullptr;
    for (const ThreadAt& thread : threads) {
        if (thread.stack_pointer < region->start || thread.stack_pointer >= region->end) continue;
        const bool in_frames = address + kRedZone >= thread.stack_pointer;
        if (in_frames && (on == nullptr || thread.stack_pointer > on->stack_pointer)) on = &thread;
        if (!in_frames && (above == nullptr || thread.stack_pointer < above->stack_pointer))
            above = &thread;
    }
    if (on == nullptr && above == nullptr) return std::nullopt;
    const ThreadAt& thread = on != nullptr ? *on : *above;
    const Thread* ours = thread_of_tid(table, thread.tid);
    Place place;
    place.kind = on != nullptr ? Place::Kind::stack : Place::Kind::dead_stack;
    place.thread = thread_title(table, DebuggerThread{thread.number, thread.tid});
    place.serial = ours != nullptr ? ours->serial : 0;
    place.tid = thread.tid;
    place.debuggers = thread.number;
    return place;
}

Result<Place> in_module(Debuggee& debuggee, const Process& process, const Table& table,
                        const Module& module, std::uint64_t address) {
    Place place;
    place.kind = Place::Kind::module;
    place.module = module.path;
    const Sources sources = debuggee.sources_for(table, &process);
    if (sources.debugger == nullptr) return place;
    auto symbol = MT_TRY(sources.debugger->symbol(address));
    if (!symbol || address < symbol->start) return place;
    const std::string name = function_from_linkage(symbol->name);
    place.symbol = name.empty() ? symbol->name : name;
    place.offset = address - symbol->start;
    return place;
}

Result<std::uint64_t> evaluated(Debugger& debugger, const std::string& expression) {
    Value value = MT_TRY(debugger.evaluate(expression));
    // LLDB hands out a copy of an array; where the original lies has to be asked.
    if (value.kind == Value::Kind::place && value.address == 0)
        value = MT_TRY(debugger.evaluate("&(" + expression + ")"));
    return address_of(value);
}

}  // namespace

Result<std::uint64_t> address_of(const Value& value) {
    if (value.kind == Value::Kind::number) return value.number;
    if (value.kind == Value::Kind::place && value.address != 0) return value.address;
    return fail(Code::usage, fmt::format("its type is {}, neither a pointer nor a number",
                                         value.type.empty() ? "unknown" : value.type));
}

Result<std::uint64_t> address_of(Debuggee& debuggee, const std::string& expression) {
    if (const auto number = literal_of(expression)) return *number;
    auto value = evaluated(debuggee.debugger(), expression);
    if (value || value.error().code == Code::interrupted) return value;
    return fail(Code::usage, fmt::format("{} has no address: {}", printable(expression),
                                         printable(value.error().text)));
}

Result<Place> place_of(Debuggee& debuggee, const Process& process, const Table& table,
                       std::uint64_t address) {
    std::byte byte{};
    auto got = MT_TRY(process.memory->read(address, &byte, 1));
    const bool is_core = process.is_core();
    for (const Module& module : table.modules) {
        const bool inside = address >= module.start && address < module.end;
        if (inside && module.unload_sequence == 0)
            return in_module(debuggee, process, table, module, address);
    }
    Place place;
    if (got == 0) {
        place.kind = is_core ? Place::Kind::not_in_core : Place::Kind::unmapped;
        return place;
    }
    auto threads = MT_TRY(debuggee.debugger().threads());
    if (const auto stack = stack_at(table, threads, process.memory->writable_regions(), address))
        return *stack;
    return place;
}

}  // namespace mt::core
