// SPDX-License-Identifier: MIT
//
// See symboliser.h.
#include "symbols/symboliser.h"

#include <fmt/format.h>

#include <utility>

#include "abi/layout.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

std::string function_of(const RawFrame& raw) {
    std::string name = function_from_linkage(raw.linkage);
    return name.empty() ? function_from_debugger(raw.function) : name;
}

bool covers(const RawSymbol& symbol, std::uint64_t address) {
    return address >= symbol.start && address - symbol.start < symbol.size;
}

}  // namespace

FrameId Symboliser::reserved(std::uint32_t stack) {
    switch (stack) {
        case abi::kStackNested:
            return book_.label("<inside a traced event>");
        case abi::kStackDepotFull:
            return book_.label("<depot full>");
        case abi::kStackNotSampled:
            return book_.label("<not sampled>");
        default:
            return 0;
    }
}

std::uint32_t Symboliser::module_key(const Table& table, std::size_t module) {
    std::string name;
    const Module* record = module < table.modules.size() ? &table.modules[module] : nullptr;
    if (module != 0 && record != nullptr && !record->build_id.empty())
        name = "b" + record->build_id;
    else  // without a build-id the next process may run another build of the same path
        name = fmt::format("{:x}:{}:{}", table.status.identity.cookie, table.status.identity.pid,
                           module == 0 || record == nullptr ? "" : record->path);
    const auto next = static_cast<std::uint32_t>(module_keys_.size());
    return module_keys_.emplace(std::move(name), next).first->second;
}

const ElfSymbols& Symboliser::elf(const Module& module) {
    const auto key = std::make_pair(module.path, module.build_id);
    if (const auto found = files_.find(key); found != files_.end()) return found->second;
    return files_.emplace(key, ElfSymbols::load(module.path, module.build_id)).first->second;
}

// Without line information: the file's symbol wins over the debugger's, so that
// both debuggers show the same name.
FrameId Symboliser::from_symbol(const Module* module, std::uint64_t offset, const RawFrame* known,
                                std::string symbol, bool local_files) {
    const bool verified = local_files && module != nullptr && !module->build_id.empty();
    std::string name;
    if (verified) name = function_from_linkage(elf(*module).name_at(offset));
    if (name.empty()) name = function_from_linkage(symbol);
    if (name.empty() && known != nullptr) name = function_of(*known);
    if (name.empty() && verified)
        if (const std::uint64_t start = elf(*module).function_start(offset); start != 0)
            name = fmt::format("0x{:x}", start);
    return book_.frame("", name, module == nullptr ? "" : module->path, 0);
}

Result<Location> Symboliser::look_up(const Module* module, std::uint64_t address,
                                     std::uint64_t offset, const Sources& sources) {
    Location made;
    made.offset = offset;
    // What is mapped there today is another module once this one is gone.
    const bool gone = module != nullptr && module->unload_sequence != 0;
    DebugInfo* debugger = gone ? nullptr : sources.debugger;
    made.final = gone || debugger != nullptr;
    std::vector<RawFrame> raw;
    if (debugger != nullptr) {
        auto answer = debugger->frames(address);
        if (!answer) return tl::make_unexpected(std::move(answer.error()));
        raw = std::move(*answer);
    }
    const std::string_view path = module == nullptr ? "" : std::string_view(module->path);
    bool lines = false;
    for (const RawFrame& frame : raw) lines = lines || !frame.file.empty();
    if (lines) {
        for (const RawFrame& frame : raw)
            made.frames.push_back(book_.frame(canonical_path(frame.file, frame.directory),
                                              function_of(frame), path,
                                              frame.file.empty() ? 0 : frame.line));
        return made;
    }
    std::string symbol;
    if (debugger != nullptr) {
        auto answer = debugger->symbol(address);
        if (!answer) return tl::make_unexpected(std::move(answer.error()));
        if (*answer && covers(**answer, address)) symbol = std::move((**answer).name);
    }
    made.frames.push_back(from_symbol(module, offset, raw.empty() ? nullptr : &raw.front(),
                                      std::move(symbol), sources.local_files));
    return made;
}

Resolver::Resolver(Symboliser& symboliser, const Table& table, const Sources& sources)
    : symboliser_(symboliser), table_(table), sources_(sources) {
    if (table.names != nullptr) return;
    keys_.reserve(table.modules.size() + 1);
    for (std::size_t i = 0; i < table.modules.size() || i == 0; ++i)
        keys_.push_back(symboliser.module_key(table, i));
}

const Location* Resolver::named(Pc pc) {
    if (const Location* known = table_.names->find(pc)) return known;
    const bool in_module = pc.module != 0 && pc.module < table_.modules.size();
    unnamed_.frames = {symboliser_.book().frame(
        "", "", in_module ? std::string_view(table_.modules[pc.module].path) : "", 0)};
    unnamed_.offset = pc.address;
    unnamed_.final = true;
    return &unnamed_;
}

Result<const Location*> Resolver::resolve(Pc pc) {
    if (table_.names != nullptr) return named(pc);
    const std::uint16_t index = pc.module < table_.modules.size() ? pc.module : std::uint16_t{0};
    const Module* module = index == 0 ? nullptr : &table_.modules[index];
    const std::uint64_t address = pc.address == 0 ? 0 : pc.address - 1;
    const std::uint64_t offset = module == nullptr ? address : address - module->bias;
    const Symboliser::Key key{keys_[index], offset};
    auto& known = symboliser_.locations_;
    if (const auto found = known.find(key); found != known.end())
        if (found->second.final || sources_.debugger == nullptr) return &found->second;
    auto made = symboliser_.look_up(module, address, offset, sources_);
    if (!made) return tl::make_unexpected(std::move(made.error()));
    return &(known[key] = std::move(*made));
}

}  // namespace mt::core
