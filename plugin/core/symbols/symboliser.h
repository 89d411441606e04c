// SPDX-License-Identifier: MIT
//
// From program counters to frames: asks the debugger first, then the module's files on this
// machine, and remembers both. Answers are kept by (build-id, path, ELF address), so
// a snapshot keeps its names when the process is gone and the next process of
// the same program starts warm; a module without build-id by process and path. What is in no
// module is named by the process's perf map. Decides no grouping and no skipping.
#ifndef MEMTRACE_CORE_SYMBOLS_SYMBOLISER_H
#define MEMTRACE_CORE_SYMBOLS_SYMBOLISER_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "dwarf/local_modules.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "symbols/debug_info.h"
#include "symbols/elf_symbols.h"
#include "symbols/frame.h"
#include "symbols/names.h"
#include "symbols/perf_map.h"

namespace mt::core {

// Who may be asked now. Both may be absent: then only what is remembered counts.
struct Sources {
    DebugInfo* debugger = nullptr;  // only while it shows the process of the table
    bool local_files = false;       // files of this machine may be the modules'
    const PerfMap* made = nullptr;  // code that the process made
    Interrupted interrupted = {};   // asked where a file takes long; may be empty
};

// What is known of a module's code as a whole.
struct ModuleSymbols {
    enum class Kind : std::uint8_t { none, functions, lines };
    Kind kind = Kind::none;
    std::string file;  // of this machine; empty: only the debugger knows
};

class Symboliser {
  public:
    FrameBook& book() { return book_; }
    const FrameBook& book() const { return book_; }

    // Where files are looked for. Where that is new, what was not found is looked for again.
    void look_in(SearchPlaces places);
    LocalModules& local_modules() { return local_; }
    // Files may have come: what has no line yet is asked for again.
    void look_again();

    // By some of its addresses, as recorded. Errors: interrupted only.
    Result<ModuleSymbols> symbols_of(const Module& module, const std::vector<Pc>& pcs,
                                     const Sources& sources);

    // The frame that stands for a stack id below abi::kReservedStacks.
    FrameId reserved(std::uint32_t stack);

  private:
    friend class Resolver;
    struct Key {
        std::uint32_t module = 0;
        std::uint64_t address = 0;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::uint64_t>()(key.address * 0x9e3779b97f4a7c15ull ^ key.module);
        }
    };

    std::uint32_t module_key(const Table& table, std::size_t module);
    Result<Location> look_up(const Module* module, std::uint64_t address, std::uint64_t offset,
                             const Sources& sources);
    Result<std::string> symbol(const Module* module, std::uint64_t address, std::uint64_t offset,
                               const Sources& sources);
    static Result<bool> knows_lines(DebugInfo& debugger, const std::vector<Pc>& pcs);
    FrameId without_line(const Module* module, std::uint64_t offset, const RawFrame* known,
                         std::string_view symbol, bool local_files);
    Result<std::vector<RawFrame>> frames(const Module* module, std::uint64_t address,
                                         std::uint64_t offset, const Sources& sources);
    const ElfSymbols& elf(const Module& module);
    // The module's other path, or empty.
    const std::string& other_path(const Module& module, bool local_files);

    LocalModules local_;
    FrameBook book_;
    std::unordered_map<Key, Location, KeyHash> locations_;
    std::map<std::string, std::uint32_t> module_keys_;
    std::map<std::pair<std::string, std::string>, ElfSymbols> files_;
    std::map<std::pair<std::string, std::string>, std::string> real_paths_;
};

// A symboliser at work on one table; lives no longer than the table.
class Resolver {
  public:
    Resolver(Symboliser& symboliser, const Table& table, const Sources& sources);

    // `pc` as recorded (a return address). The pointer stays valid as long as the
    // symboliser is asked nothing else about this pc. A table that brings its names
    // is asked alone. Errors: interrupted only.
    Result<const Location*> resolve(Pc pc);

    const Table& table() const { return table_; }
    Symboliser& symboliser() { return symboliser_; }
    const FrameBook& book() const { return symboliser_.book(); }

  private:
    const Location* named(Pc pc);
    bool is_known(const Location& found, bool is_made) const;

    Symboliser& symboliser_;
    const Table& table_;
    Sources sources_;
    std::vector<std::uint32_t> keys_;  // by module index
    Location unnamed_;                 // the last answer about a pc that a table with names lacks
};

}  // namespace mt::core

#endif
