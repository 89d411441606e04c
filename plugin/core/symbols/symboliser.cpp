// SPDX-License-Identifier: MIT
//
// See symboliser.h.
#include "symbols/symboliser.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "abi/layout.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

std::string function_of(const RawFrame& raw) {
    std::string name = function_from_linkage(raw.linkage);
    return name.empty() ? function_from_debugger(raw.function) : name;
}

// Whether its file may be read: verified by build-id there.
bool may_read(const Module* module, bool local_files) {
    return local_files && module != nullptr && !module->build_id.empty() && !module->path.empty();
}

// Of an inlined function without a linkage name one debugger knows the scope and the other
// does not. Lambdas have no name of their own; where it stands tells them apart.
std::string function_of_inlined(const RawFrame& raw, const RawFrame& outermost) {
    if (!raw.linkage.empty()) return function_of(raw);
    const std::string whole = function_of(raw);
    const std::string_view name = without_scope(whole);
    if (name != "operator()") return std::string(name);
    const std::string around = function_of(outermost);
    return fmt::format("operator() at line {} in {}", raw.line, without_parameters(around));
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
        case kStackOfHeap:
            return book_.label("<not traced>");
        default:
            return 0;
    }
}

std::uint32_t Symboliser::module_key(const Table& table, std::size_t module) {
    std::string name;
    const Module* record = module < table.modules.size() ? &table.modules[module] : nullptr;
    if (module != 0 && record != nullptr && !record->build_id.empty())
        name = "b" + record->build_id + ':' + record->path;
    else  // without a build-id the next process may run another build of the same path
        name = fmt::format("{:x}:{}:{}", table.status.identity.cookie, table.status.identity.pid,
                           module == 0 || record == nullptr ? "" : record->path);
    const auto next = static_cast<std::uint32_t>(module_keys_.size());
    return module_keys_.emplace(std::move(name), next).first->second;
}

void Symboliser::look_in(SearchPlaces places) {
    if (local_.look_in(std::move(places))) look_again();
}

void Symboliser::look_again() {
    local_.forget();
    files_.clear();
    std::erase_if(locations_, [this](const auto& known) {
        return !book_[known.second.frames.front()].has_file();
    });
}

const ElfSymbols& Symboliser::elf(const Module& module) {
    const auto key = std::make_pair(module.path, module.build_id);
    if (const auto found = files_.find(key); found != files_.end()) return found->second;
    const FoundFiles& files = local_.find(module);
    ElfSymbols made = ElfSymbols::load(files.file, module.build_id);
    if (!files.debug.empty() && files.debug != files.file)
        made.take_symbols_of(files.debug, module.build_id);
    return files_.emplace(key, std::move(made)).first->second;
}

const std::string& Symboliser::other_path(const Module& module, bool local_files) {
    const bool may = local_files && local_.places().recorded;
    if (!module.file.empty() || !may_read(&module, may) || module.path.front() != '/')
        return module.file;
    const auto key = std::make_pair(module.path, module.build_id);
    const auto [entry, is_new] = real_paths_.try_emplace(key);
    if (!is_new) return entry->second;
    std::error_code none;
    std::string real = std::filesystem::canonical(module.path, none).string();
    if (base_name(real) != base_name(module.path) && ElfSymbols::is_build(real, module.build_id))
        entry->second = std::move(real);
    return entry->second;
}

// The linkage name that covers the address: the file's wins over the debugger's, so
// that both debuggers show the same name. Empty: there is none.
Result<std::string> Symboliser::symbol(const Module* module, std::uint64_t address,
                                       std::uint64_t offset, const Sources& sources) {
    if (may_read(module, sources.local_files))
        if (std::string name = elf(*module).name_at(offset); !name.empty()) return name;
    if (sources.debugger == nullptr) return std::string();
    auto answer = MT_TRY(sources.debugger->symbol(address));
    return answer && covers(*answer, address) ? std::move(answer->name) : std::string();
}

FrameId Symboliser::without_line(const Module* module, std::uint64_t offset, const RawFrame* known,
                                 std::string_view symbol, bool local_files) {
    std::string name = function_from_linkage(symbol);
    if (name.empty() && known != nullptr) name = function_of(*known);
    if (name.empty() && may_read(module, local_files))
        if (const std::uint64_t start = elf(*module).function_start(offset); start != 0)
            name = fmt::format("0x{:x}", start);
    if (name.empty() && module != nullptr && !module->path.empty())
        return book_.place(module->path, offset);
    return book_.frame("", name, module == nullptr ? "" : module->path, 0);
}

// The debugger's, or those of the module's files where it has no lines.
Result<std::vector<RawFrame>> Symboliser::frames(const Module* module, std::uint64_t address,
                                                 std::uint64_t offset, const Sources& sources) {
    std::vector<RawFrame> known;
    if (sources.debugger != nullptr) known = MT_TRY(sources.debugger->frames(address));
    if (has_lines(known) || !may_read(module, sources.local_files)) return known;
    auto local = MT_TRY(local_.frames(*module, offset, sources.interrupted));
    return has_lines(local) ? std::move(local) : std::move(known);
}

Result<Location> Symboliser::look_up(const Module* module, std::uint64_t address,
                                     std::uint64_t offset, const Sources& sources) {
    Location made;
    made.offset = offset;
    const PerfMap* map = module == nullptr ? sources.made : nullptr;
    if (map != nullptr) made.edition = map->edition();
    // What is mapped there today is another module once this one is gone.
    const bool gone = module != nullptr && module->unload_sequence != 0;
    Sources asked = sources;
    if (gone) asked.debugger = nullptr;
    made.final = gone || asked.debugger != nullptr;
    std::vector<RawFrame> raw = MT_TRY(frames(module, address, offset, asked));
    const bool lines = has_lines(raw);
    if (!lines && map != nullptr) {  // by JIT compilers' own names, which are no linkage names
        if (const std::string_view name = map->name_at(address); !name.empty()) {
            made.frames.push_back(book_.frame("", name, "", 0));
            return made;
        }
    }
    std::string linkage;
    if (!lines || raw.back().linkage.empty()) {
        linkage = MT_TRY(symbol(module, address, offset, asked));
    }
    if (!lines) {
        made.frames.push_back(without_line(module, offset, raw.empty() ? nullptr : &raw.front(),
                                           linkage, sources.local_files));
        return made;
    }
    // Of functions that other files cannot call (static ones, local classes', lambdas)
    // debug information lacks the linkage name, and debuggers make up names of their own.
    RawFrame& outermost = raw.back();
    if (outermost.linkage.empty() && (is_mangled(linkage) || outermost.function.empty()))
        outermost.linkage = std::move(linkage);
    const std::string_view path = module == nullptr ? "" : std::string_view(module->path);
    for (const RawFrame& frame : raw)
        made.frames.push_back(book_.frame(
            canonical_path(frame.file, frame.directory),
            &frame == &raw.back() ? function_of(frame) : function_of_inlined(frame, raw.back()),
            path, frame.file.empty() ? 0 : frame.line));
    return made;
}

Resolver::Resolver(Symboliser& symboliser, const Table& table, const Sources& sources)
    : symboliser_(symboliser), table_(table), sources_(sources) {
    for (const Module& module : table.modules)
        if (const std::string& other = symboliser.other_path(module, sources.local_files);
            !other.empty())
            symboliser.book_.also_known(module.path, other);
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

// Code that a program makes may be in its perf map later.
bool Resolver::is_known(const Location& found, bool is_made) const {
    if (is_made && sources_.made != nullptr && found.edition != sources_.made->edition())
        return found.final && found.frames.front() != 0;
    return found.final || sources_.debugger == nullptr;
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
        if (is_known(found->second, module == nullptr)) return &found->second;
    Location made = MT_TRY(symboliser_.look_up(module, address, offset, sources_));
    return &(known[key] = std::move(made));
}

}  // namespace mt::core
