// SPDX-License-Identifier: MIT
//
// What a table's code is called, where that came with the table (save/) instead
// of being asked for. It belongs to its table alone: a stranger's file can name
// nothing in a live process. Asks nobody.
#ifndef MEMTRACE_CORE_SYMBOLS_NAMES_H
#define MEMTRACE_CORE_SYMBOLS_NAMES_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/snapshot.h"
#include "symbols/frame.h"

namespace mt::core {

struct Location {
    std::vector<FrameId> frames;  // innermost inline frame first; never empty
    std::uint64_t offset = 0;     // ELF virtual address of the calling instruction
    bool final = false;           // the debugger was asked while it could know
    std::uint64_t edition = 0;    // of the perf map that was looked into; 0 = none
};

struct PcHash {
    std::size_t operator()(Pc pc) const {
        return std::hash<std::uint64_t>()(pc.address * 0x9e3779b97f4a7c15ull ^ pc.module);
    }
};

class Names {
  public:
    // False: there is one already, and it stays.
    bool give(Pc pc, Location location) {
        location.final = true;
        return locations_.try_emplace(pc, std::move(location)).second;
    }
    // Null when it was not given.
    const Location* find(Pc pc) const {
        const auto found = locations_.find(pc);
        return found == locations_.end() ? nullptr : &found->second;
    }
    std::size_t size() const { return locations_.size(); }

  private:
    std::unordered_map<Pc, Location, PcHash> locations_;
};

}  // namespace mt::core

#endif
