// SPDX-License-Identifier: MIT
//
// Tables written down by hand, with a debugger that knows their code: for tests
// of what comes after reading. Reads and decodes nothing.
#ifndef MEMTRACE_TESTS_UNIT_CORE_TRACES_H
#define MEMTRACE_TESTS_UNIT_CORE_TRACES_H

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "abi/layout.h"
#include "model/snapshot.h"
#include "symbols/debug_info.h"

namespace mt::core::test {

// Answers from a map by address, and counts the questions.
class KnownCode final : public DebugInfo {
  public:
    std::map<std::uint64_t, std::vector<RawFrame>> frames_at;
    std::map<std::uint64_t, RawSymbol> symbols_at;
    std::vector<std::uint64_t> asked;
    bool interrupt = false;

    Result<std::vector<RawFrame>> frames(std::uint64_t address) override {
        if (interrupt) return fail(Code::interrupted, "interrupted");
        asked.push_back(address);
        const auto found = frames_at.find(address);
        return found == frames_at.end() ? std::vector<RawFrame>() : found->second;
    }
    Result<std::optional<RawSymbol>> symbol(std::uint64_t address) override {
        const auto found = symbols_at.find(address);
        if (found == symbols_at.end()) return std::nullopt;
        return found->second;
    }
};

struct Spot {  // one source location, most recent first in a traceback
    std::string file;
    std::uint32_t line = 0;
    std::string function = "f";
};

class TraceBook {
  public:
    static constexpr std::uint64_t kBias = 0x400000;

    Table table;
    KnownCode code;

    TraceBook() {
        table.modules.resize(1);
        table.nodes.resize(abi::kReservedNodes);
        table.parents.resize(abi::kReservedNodes);
        table.status.tracing = true;
        table.status.frame_limit = abi::kDefaultFrameLimit;
        table.status.identity = {0xc0ffee, 77, 1};
        module("/bin/program");
    }

    std::uint16_t module(std::string path, std::string build_id = "") {
        Module made;
        made.path = std::move(path);
        made.build_id = std::move(build_id);
        made.bias = kBias * table.modules.size();
        made.start = made.bias;
        made.end = made.bias + kBias;
        made.load_sequence = table.modules.size();
        table.modules.push_back(made);
        return static_cast<std::uint16_t>(table.modules.size() - 1);
    }

    // A new program counter in `in`; its frames innermost first.
    Pc pc(std::uint16_t in, std::vector<RawFrame> inlined) {
        const Pc made{table.modules[in].bias + next_offset_, in};
        next_offset_ += 0x10;
        if (!inlined.empty()) code.frames_at[made.address - 1] = std::move(inlined);
        return made;
    }
    Pc at(const Spot& spot) {
        const auto key = std::make_pair(spot.file, std::make_pair(spot.line, spot.function));
        if (const auto found = known_.find(key); found != known_.end()) return found->second;
        RawFrame frame;
        frame.file = spot.file;
        frame.line = spot.line;
        frame.function = spot.function;
        return known_[key] = pc(1, {frame});
    }

    // Most recent first.
    Trace& trace(const std::vector<Pc>& pcs, std::int64_t size, std::int64_t count) {
        std::uint32_t node = abi::kRootComplete;
        for (auto it = pcs.rbegin(); it != pcs.rend(); ++it) {
            table.nodes.push_back(*it);
            table.parents.push_back(node);
            node = static_cast<std::uint32_t>(table.nodes.size() - 1);
        }
        Trace made;
        made.id = next_id_++;
        made.node = node;
        return add(made, size, count);
    }
    Trace& trace(const std::vector<Spot>& spots, std::int64_t size, std::int64_t count) {
        std::vector<Pc> pcs;
        for (const Spot& spot : spots) pcs.push_back(at(spot));
        return trace(pcs, size, count);
    }
    Trace& reserved(std::uint32_t id, std::int64_t size, std::int64_t count) {
        Trace made;
        made.id = id;
        return add(made, size, count);
    }

  private:
    Trace& add(Trace& made, std::int64_t size, std::int64_t count) {
        made.size = size;
        made.count = count;
        made.alloc_bytes = static_cast<std::uint64_t>(size);
        made.alloc_count = static_cast<std::uint64_t>(count);
        table.current_size += size;
        table.current_count += count;
        table.traces.push_back(made);
        return table.traces.back();
    }

    std::uint64_t next_offset_ = 0x1001;
    std::uint32_t next_id_ = abi::kReservedStacks;
    std::map<std::pair<std::string, std::pair<std::uint32_t, std::string>>, Pc> known_;
};

}  // namespace mt::core::test

#endif
