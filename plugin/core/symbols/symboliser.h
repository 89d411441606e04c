// SPDX-License-Identifier: MIT
//
// From program counters to frames: asks the debugger first, then the module's
// ELF file, and remembers both. Answers are kept by (build-id, path, ELF address), so
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

#include "model/error.h"
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
    bool local_files = false;       // the target's files are this machine's
    const PerfMap* made = nullptr;  // code that the process made
};

class Symboliser {
  public:
    FrameBook& book() { return book_; }
    const FrameBook& book() const { return book_; }

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
    FrameId without_line(const Module* module, std::uint64_t offset, const RawFrame* known,
                         std::string_view symbol, bool local_files);
    const ElfSymbols& elf(const Module& module);
    // The module's other path, or empty.
    const std::string& other_path(const Module& module, bool local_files);

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
