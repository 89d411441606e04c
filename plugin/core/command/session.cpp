// SPDX-License-Identifier: MIT
//
// See session.h.
#include "command/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "binding/program_file.h"
#include "command/control.h"
#include "command/verb.h"
#include "read/lookup.h"
#include "read/reader.h"
#include "source/core_file.h"
#include "source/direct_memory.h"

namespace mt::core {
namespace {

constexpr const char* kRootSymbol = "memtrace_root";
constexpr std::size_t kLongestSourceFile = 64u << 20;

// Lines of files that were opened for one report.
class LocalSources {
  public:
    std::string line(const std::string& file, std::uint32_t number) {
        auto [entry, is_new] = files_.try_emplace(file);
        if (is_new) load(file, entry->second);
        return number == 0 || number > entry->second.size() ? "" : entry->second[number - 1];
    }

  private:
    static void load(const std::string& file, std::vector<std::string>& lines) {
        // The name comes from debug information: only a plain file is opened.
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error) ||
            std::filesystem::file_size(file, error) > kLongestSourceFile)
            return;
        std::ifstream in(file);
        for (std::string text; std::getline(in, text);) lines.push_back(text);
    }
    std::map<std::string, std::vector<std::string>> files_;
};

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

Error explained(Error error, const Target& target, const CoreFile* core) {
    const std::string lacks = core == nullptr ? "" : what_core_lacks(*core);
    if (target.running && (error.code == Code::unreadable || error.code == Code::no_runtime))
        error.text = "the program is running; stop it first";
    else if (error.code == Code::no_runtime && target.kind == TargetKind::core)
        error = missing_in(core);
    else if (error.code == Code::unreadable && !lacks.empty())
        error.text += "; " + lacks;
    else if (error.code == Code::no_runtime)
        error.text =
            "this program runs without the memtrace runtime; load it with mt preload before run, "
            "or link the program with -lmemtrace";
    return error;
}

}  // namespace

Session::Session(Debugger& asked, std::string directory)
    : debugger(asked),
      poll([&asked] { return asked.interrupted(); }),
      library_directory(std::move(directory)) {}

Sink Session::printer() {
    return [this](std::string_view text) -> Result<void> {
        output_ += text;
        if (source_interrupted) return interrupted_error();
        if (output_.size() < Pieces::kPiece) return {};
        debugger.print(output_);
        output_.clear();
        return poll() ? Result<void>(interrupted_error()) : Result<void>();
    };
}

Result<Session::Outcome> Session::run(std::string_view line) {
    output_.clear();
    not_ours_text_.clear();
    source_interrupted = false;
    poll.begin();
    auto words = split_words(line);
    // A quote left open is no reason to keep a line of maintenance's from it.
    const std::string first = words ? (words->empty() ? "" : words->front())
                                    : std::string(line.substr(0, line.find_first_of(" \t")));
    const bool bare = first.empty() || first.front() == '-';
    std::vector<std::string> candidates;
    const Verb* verb = find_verb(bare ? "status" : std::string_view(first), &candidates);
    if (verb == nullptr) {
        not_ours_text_ = no_verb(first, candidates);
        return Outcome::not_ours;
    }
    if (!words) return fail(std::move(words.error()));
    if (!bare) words->erase(words->begin());
    std::string expression;
    if (verb->takes_expression) expression = take_expression(verb->options, *words);
    auto arguments = MT_TRY(parse_options(verb->name, verb->options, *words));
    if (!expression.empty()) arguments.words = {std::move(expression)};
    if (arguments.has("--help")) {
        debugger.print(help_of(*verb));
        return Outcome::done;
    }
    if (arguments.words.size() > verb->most_words)
        return fail(Code::usage, fmt::format("mt {}: one word too many: {}; usage: {}", verb->name,
                                             arguments.words[verb->most_words], usage_of(*verb)));
    MT_TRY(verb->run(*this, arguments));
    if (!output_.empty()) debugger.print(output_);
    output_.clear();
    return Outcome::done;
}

Result<Process> Session::process(bool with_remarks) {
    auto target = MT_TRY(debugger.target());
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
    auto symbol = MT_TRY(debugger.find_symbol(kRootSymbol));
    Process found;
    found.target = std::move(target);
    found.memory = &debugger.memory();
    found.memory->use_core_file(found.target.kind == TargetKind::core ? found.target.core : "");
    auto status = read_status(*found.memory, symbol);
    if (!status)
        return fail(explained(std::move(status.error()), found.target, found.memory->core_file()));
    found.status = std::move(*status);
    MT_TRY(find_doubts(found));
    const bool can_be_direct = settings.direct && !found.target.remote &&
                               found.target.kind == TargetKind::live && found.target.pid > 0;
    if (can_be_direct) {
        found.direct = open_direct(found.target.pid, *found.memory, found.status);
        if (found.direct) found.memory = found.direct.get();
        found.status.direct = found.direct != nullptr;
    }
    if (!with_remarks) return found;
    // ld.so's list of what is loaded, which it keeps for debuggers.
    auto list = MT_TRY(debugger.find_symbol("_r_debug"));
    found.status.loaded = list;
    const Target& at = found.target;
    const TargetFiles files{at.executable, !at.remote, at.kind == TargetKind::core};
    auto findings = MT_TRY(bindings.look(*found.memory, found.status, files));
    found.status.remarks = remarks_of(findings);
    return found;
}

Result<void> Session::find_doubts(Process& process) {
    if (process.target.kind != TargetKind::core) return {};
    const CoreFile* file = process.memory->core_file();
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

void add_doubts(const Process& process, std::vector<Remark>& remarks) {
    const bool is_core = process.target.kind == TargetKind::core;
    if (is_core && process.status.tracing && process.status.fresh)
        remarks.push_back({"no-traces-yet",
                           "no event has been recorded since the start or clear: there are no "
                           "traces yet",
                           0});
    for (const Remark& doubt : process.doubts) {
        const auto same = [&doubt](const Remark& remark) { return remark.text == doubt.text; };
        if (std::none_of(remarks.begin(), remarks.end(), same)) remarks.push_back(doubt);
    }
}

Sources Session::sources_for(const Table& table, const Process* process) {
    Sources sources;
    if (table.names != nullptr) return sources;  // it brought them along
    sources.local_files = process == nullptr || !process->target.remote;
    if (process != nullptr && process->status.identity.cookie == table.status.identity.cookie &&
        process->status.identity.pid == table.status.identity.pid)
        sources.debugger = &debugger.debug_info();
    return sources;
}

Kept* Session::find_snapshot(std::string_view name) {
    for (Kept& kept : snapshots)
        if (kept.number == name || (!kept.name.empty() && kept.name == name)) return &kept;
    return nullptr;
}

SourceLine Session::source_lines(const Target* target) {
    auto files = std::make_shared<LocalSources>();
    const bool local = target == nullptr || !target->remote;
    return [this, files, local](const std::string& file, std::uint32_t line) -> std::string {
        auto answer = debugger.source_line(file, line);
        source_interrupted = source_interrupted || !answer;
        if (answer && *answer) return **answer;
        return local ? files->line(file, line) : std::string();
    };
}

Result<std::pair<std::uint64_t, std::uint64_t>> Session::traced_memory() {
    auto found = MT_TRY(process(false));
    if (!found.doubts.empty()) return fail(Code::damaged, found.doubts.front().text);
    if (!found.status.tracing) return fail(Code::refused, "tracing is off; mt start begins");
    ReadOptions options;
    options.counters = false;
    auto table = MT_TRY(read_table(*found.memory, found.status, options));
    return std::make_pair(static_cast<std::uint64_t>(table.current_size),
                          static_cast<std::uint64_t>(table.peak_size));
}

Result<Block> Session::block_at(std::uint64_t address) {
    auto found = MT_TRY(process(false));
    if (!found.doubts.empty()) return fail(Code::damaged, found.doubts.front().text);
    if (!found.status.tracing) return fail(Code::refused, "tracing is off; mt start begins");
    auto table = MT_TRY(read_blocks_at(*found.memory, found.status, address));
    if (table.blocks.empty() || table.domain_of(table.blocks.front()) != 0) return Block{};
    return table.blocks.front();
}

Result<void> Session::start_pending(const Target& target, std::uint64_t root) {
    if (!pending.on_load) return {};
    if (target.pid != pending.pid) {
        pending.on_load.reset();
        return {};
    }
    auto done = Control(debugger, root).start(*pending.on_load);
    if (done) pending.on_load.reset();
    return done;
}

std::string Session::preload_remark() {
    auto target = debugger.target();
    const bool is_here = target && !target->remote && !target->executable.empty();
    const std::string text = is_here ? preload_obstacle(target->executable) : "";
    return text.empty() ? "" : "remark: " + text + "\n";
}

Result<void> Session::program_changed() {
    if (!pending.preload) return {};
    const std::string text = preload_remark();
    if (!text.empty()) debugger.print(text);
    return {};
}

Result<void> Session::loaded() {
    if (!pending.on_load && conditions.all().empty()) return {};
    auto target = MT_TRY(debugger.target());
    auto symbol = MT_TRY(debugger.find_symbol(kRootSymbol));
    auto status = MT_TRY(read_status(debugger.memory(), symbol));
    MT_TRY(start_pending(target, status.root_address));
    if (conditions.all().empty()) return {};
    conditions.forget_process();
    return conditions.arm(*this, status.root_address);
}

}  // namespace mt::core
