// SPDX-License-Identifier: MIT
//
// See debuggee.h.
#include "target/debuggee.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "model/text.h"
#include "report/reason.h"
#include "source/core_file.h"
#include "source/core_memory.h"
#include "source/direct_memory.h"
#include "target/heaps.h"
#include "target/local_sources.h"
#include "target/perf_maps.h"
#include "target/search_places.h"
#include "types/site/site_modules.h"

namespace mt::core {
namespace {

constexpr const char* kRootSymbol = "memtrace_root";
// A data symbol of every libc.so.
constexpr const char* kLoaderList = "_r_debug";  // ld.so's
constexpr const char* kLibcSymbol = "_IO_2_1_stdout_";

// Of a core in which nothing was found: that the program had no runtime is one reason only.
Error missing_in(const CoreFile* core) {
    const std::string lacks = core == nullptr ? "" : what_core_lacks(*core);
    const bool traced = core != nullptr && core->maps_runtime;
    if (!traced && lacks.empty())
        return {Code::no_runtime,
                "this core was written by a program without the memtrace runtime; load it with mt "
                "preload before run, or link the program with -lmemtrace"};
    return {Code::unreadable,
            fmt::format("{}; {}",
                        traced ? "the program had the memtrace runtime, but its table was not found"
                               : "no memtrace runtime was found",
                        lacks.empty() ? "its pages are not in this core" : lacks)};
}

bool is_doubt(const Remark& remark) {
    return remark.code == "incomplete" || remark.code == "damaged" ||
           remark.code == "damaged-blocks" || remark.code == "blocks-differ" ||
           remark.code == "root-missing";
}

std::string missing_text(const CoreBox& box) {
    return fmt::format("{} of the table were not written: {}",
                       format_size(static_cast<double>(box.missing)), box_error_text(box.error));
}

// What a black box is, and what is not in it.
void remark_box(const CoreBox& box, Process& process) {
    std::vector<Remark>& remarks = process.status.remarks;
    remarks.push_back(
        {"black-box",
         fmt::format(
             "this is the black box of process {}, {}, which {}; it has the trace table and "
             "nothing else of the program",
             box.pid, box.program.empty() ? "a program" : printable(box.program),
             is_running(box) ? "runs" : "has ended"),
         0});
    if (box.missing == 0) return;
    process.doubts.push_back({"incomplete", "incomplete: " + missing_text(box), box.missing});
    remarks.push_back(process.doubts.back());
}

// A module is none: where its data were not dumped, they are nowhere.
bool is_core_file(const std::string& path) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none)) return false;
    std::ifstream file(path, std::ios::binary);
    Elf64_Half type = ET_NONE;
    std::array<char, offsetof(Elf64_Ehdr, e_type) + sizeof type> head{};
    if (!file.read(head.data(), head.size())) return false;
    std::memcpy(&type, head.data() + offsetof(Elf64_Ehdr, e_type), sizeof type);
    return std::memcmp(head.data(), ELFMAG, SELFMAG) == 0 && type == ET_CORE;
}

// Shared memory of a file is not part of a core; a black box is one.
std::string where_else(const CoreFile& core, std::uint64_t address) {
    const MappedFile* file = range_at(core.files, address);
    if (file == nullptr || core.present_from(address) != 0 || !is_core_file(file->path)) return {};
    return fmt::format("; its table is in its black box: memtrace {}", printable(file->path));
}

Error explained(Error error, const Target& target, const CoreFile* core) {
    const std::string lacks = core == nullptr ? "" : what_core_lacks(*core);
    if (target.running && (error.code == Code::unreadable || error.code == Code::no_runtime))
        error.text = "the program is running; stop it first";
    else if (error.code == Code::no_runtime && target.kind == TargetKind::core)
        error = missing_in(core);
    else if (core != nullptr && core->box && core->box->missing != 0)
        error.text += "; " + missing_text(*core->box);
    else if (core != nullptr && error.code == Code::unreadable && error.address != 0 &&
             !where_else(*core, error.address).empty())
        error.text += where_else(*core, error.address);
    else if (error.code == Code::unreadable && !lacks.empty())
        error.text += "; " + lacks;
    else if (error.code == Code::no_runtime)
        error.text =
            "this program runs without the memtrace runtime; mt attach brings it in; or load it "
            "with mt preload before run, or link the program with -lmemtrace";
    return error;
}

// Modules that were unloaded after the snapshot: the debugger would name what is
// mapped at their place today.
Result<void> note_unloaded(const Process& process, Table& table) {
    ReadOptions options;
    options.counters = false;
    options.modules = true;
    auto now = MT_TRY(read_table(*process.memory, process.status, options));
    const auto& modules = now.modules;
    for (std::size_t i = 0; i < table.modules.size() && i < modules.size(); ++i)
        if (table.modules[i].load_sequence == modules[i].load_sequence)
            table.modules[i].unload_sequence = modules[i].unload_sequence;
    return {};
}

}  // namespace

Result<void> needs_tracing(const Process& process, std::string_view so) {
    if (process.status.tracing || process.untraced) return {};
    return fail(
        Code::refused,
        fmt::format("memory allocations are not being traced, so {}; mt start begins to trace",
                    so));
}

void add_doubts(const Process& process, std::vector<Remark>& remarks) {
    const bool is_core = process.target.kind == TargetKind::core;
    if (is_core && process.status.tracing && process.status.fresh)
        remarks.push_back(
            {"no-traces-yet",
             "no event has been recorded since the start or clear: there are no traces yet", 0});
    const auto add = [&remarks](const Remark& one) {
        const auto same = [&one](const Remark& remark) { return remark.text == one.text; };
        if (std::none_of(remarks.begin(), remarks.end(), same)) remarks.push_back(one);
    };
    for (const Remark& doubt : process.doubts) add(doubt);
}

Result<std::shared_ptr<Table>> read_now(const Process& process, const ReadOptions& options) {
    if (process.untraced) return process.untraced;
    Table table = MT_TRY(read_table(*process.memory, process.status, options));
    add_doubts(process, table.remarks);
    return std::make_shared<Table>(std::move(table));
}

Result<Target> Debuggee::present_target() {
    auto target = MT_TRY(debugger_.target());
    if (target.kind == TargetKind::none)
        return fail(Code::no_process,
                    "no program is being debugged; start one with run, or open a core");
    if (target.kind == TargetKind::exited)
        return fail(Code::exited,
                    "the program has exited and its traces are gone with it; mt stats shows a "
                    "snapshot that was taken before");
    if (target.kind == TargetKind::detached)
        return fail(Code::exited,
                    "the debugger was detached from the program, which may run on; attach reads "
                    "its traces again, mt stats shows a snapshot that was taken before");
    return target;
}

Result<BareProcess> Debuggee::bare_process() {
    BareProcess found;
    found.target = MT_TRY(present_target());
    if (found.target.running)
        return fail(Code::unreadable, "the program is running; stop it first");
    found.memory = &memory_of(found.target);
    found.direct = direct_memory(found.target, *found.memory);
    if (found.direct) found.memory = found.direct.get();
    return found;
}

Result<Process> Debuggee::process_or_heap() {
    auto found = process();
    if (found || found.error().code != Code::no_runtime) return found;
    BareProcess bare = MT_TRY(bare_process());
    auto heaps = find_heaps(debugger_, *bare.memory, interrupted());
    if (!heaps) {
        if (heaps.error().code == Code::interrupted) return fail(std::move(heaps.error()));
        return fail(Code::no_runtime, found.error().text + "; " + heaps.error().text);
    }
    const std::vector<Mapping> mappings = bare.memory->mappings();
    Table table = MT_TRY(table_of_heaps(*heaps, bare.target, mappings, interrupted()));
    table.status.loaded = MT_TRY(debugger_.find_symbol(kLoaderList));
    Process process;
    process.target = std::move(bare.target);
    process.direct = std::move(bare.direct);
    process.memory = bare.memory;
    process.status = table.status;
    process.heaps = std::make_shared<std::vector<heap::Heap>>(std::move(*heaps));
    process.untraced = std::make_shared<Table>(std::move(table));
    return process;
}

Result<Process> Debuggee::process(bool with_remarks) {
    auto target = MT_TRY(present_target());
    Process found;
    found.target = std::move(target);
    found.memory = &memory_of(found.target);
    const auto core = found.memory->core_file();
    auto status = find_table(*found.memory);
    if (!status) return fail(explained(std::move(status.error()), found.target, core.get()));
    found.status = std::move(*status);
    found.direct = direct_memory(found);
    if (found.direct) found.memory = found.direct.get();
    found.status.direct = found.direct != nullptr;
    MT_TRY(find_doubts(found));
    if (core != nullptr && core->box) {
        remark_box(*core->box, found);
        return found;
    }
    if (!with_remarks) return found;
    // ld.so's list of what is loaded, which it keeps for debuggers.
    auto list = MT_TRY(debugger_.find_symbol(kLoaderList));
    found.status.loaded = list;
    const Target& at = found.target;
    const TargetFiles files{at.executable, !at.remote, at.kind == TargetKind::core};
    auto findings = MT_TRY(bindings_.look(*found.memory, found.status, files));
    found.status.remarks = remarks_of(findings);
    // No doubt about the table; but stacks and data may be lost.
    if (found.doubts.empty() && core != nullptr && core->is_cut())
        found.status.remarks.push_back(
            {"incomplete",
             "incomplete: the trace table is all there, but " + what_core_lacks(*core), 0});
    return found;
}

Result<Status> Debuggee::find_table(Memory& memory) {
    if (table_address_ != 0) return read_status_at(memory, table_address_);
    const auto core = memory.core_file();
    if (core != nullptr && core->box) return read_status(memory, core->box->root);
    return read_status(memory, MT_TRY(debugger_.find_symbol(kRootSymbol)));
}

Memory& Debuggee::memory_of(const Target& target) {
    Memory& memory = debugger_.memory();
    memory.use_core_file(target.kind == TargetKind::core ? target.core : "");
    return memory;
}

std::unique_ptr<Memory> Debuggee::direct_memory(const Process& process) {
    const Target& target = process.target;
    if (!reads_directly_ || target.remote) return nullptr;
    if (target.kind == TargetKind::core) return open_core_memory(*process.memory, process.status);
    if (target.kind != TargetKind::live) return nullptr;
    return open_direct(target.pid, *process.memory, process.status);
}

// No table proves that it is the debugger's process: samples of its memory do.
std::unique_ptr<Memory> Debuggee::direct_memory(const Target& target, Memory& memory) const {
    if (!reads_directly_ || target.remote) return nullptr;
    if (target.kind == TargetKind::core) return open_core_by_samples(memory);
    if (target.kind != TargetKind::live) return nullptr;
    return open_direct_by_samples(target.pid, memory);
}

Result<void> Debuggee::find_doubts(Process& process) {
    if (process.target.kind != TargetKind::core) return {};
    const auto file = process.memory->core_file();
    const Identity& now = process.status.identity;
    const bool known = file != nullptr && doubted_ && doubted_->core == process.target.core &&
                       doubted_->size == file->size && doubted_->identity.cookie == now.cookie &&
                       doubted_->identity.generation == now.generation;
    if (!known) {
        ReadOptions options;
        options.blocks = true;
        auto table = read_table(*process.memory, process.status, options);
        if (!table && table.error().code == Code::interrupted)
            return fail(std::move(table.error()));
        doubted_ = {process.target.core, file != nullptr ? file->size : 0, now, {}};
        if (!table) doubted_->doubts.push_back({"damaged", std::move(table.error().text), 0});
        for (std::size_t i = 0; table && i < table->remarks.size(); ++i)
            if (is_doubt(table->remarks[i])) doubted_->doubts.push_back(table->remarks[i]);
    }
    process.doubts = doubted_->doubts;
    return {};
}

Result<std::uint64_t> Debuggee::root() {
    const Target target = MT_TRY(debugger_.target());
    const Status status = MT_TRY(find_table(memory_of(target)));
    return status.root_address;
}

Result<bool> Debuggee::has_libc() {
    const std::uint64_t libc = MT_TRY(debugger_.find_symbol(kLibcSymbol));
    return libc != 0;
}

Result<std::optional<Process>> Debuggee::same_process(const std::vector<Table*>& tables) {
    auto process = this->process();
    if (!process) {
        if (process.error().code == Code::interrupted) return fail(std::move(process.error()));
        return std::nullopt;
    }
    for (Table* table : tables) {
        if (!process->is_of(*table) || table->names != nullptr) continue;
        auto noted = note_unloaded(*process, *table);
        if (noted) continue;
        if (noted.error().code == Code::interrupted) return fail(std::move(noted.error()));
        return std::nullopt;
    }
    return std::optional<Process>(std::move(*process));
}

Sources Debuggee::sources_for(const Table& table, const Process* process) {
    Sources sources;
    if (table.names != nullptr) return sources;  // it brought them along
    // What one that is gone was looked for with stays.
    if (process != nullptr) symboliser_.look_in(search_places(process->target));
    sources.local_files = symboliser_.local_modules().places().any();
    sources.interrupted = interrupted();
    if (process == nullptr || !process->is_of(table)) return sources;
    sources.debugger = &debugger_.debug_info();
    if (find_perf_map(process->target, table.status.identity, perf_map_)) sources.made = &perf_map_;
    return sources;
}

site::SiteModules& Debuggee::sites() {
    if (sites_ == nullptr) sites_ = std::make_shared<site::SiteModules>();
    return *sites_;
}

SourceLine Debuggee::source_lines(bool local) {
    auto files = std::make_shared<LocalSources>();
    return [this, files, local](const std::string& file, std::uint32_t line) -> std::string {
        auto answer = debugger_.source_line(file, line);
        is_stopped_ = is_stopped_ || !answer;
        if (answer && *answer) return **answer;
        return local ? files->line(file, line) : std::string();
    };
}

}  // namespace mt::core
