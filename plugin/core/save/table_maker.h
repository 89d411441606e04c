// SPDX-License-Identifier: MIT
//
// A table made from parts instead of read from memory: by the readers of files,
// and from traces that a script holds. Brings the names of its code with it.
// Bounds nothing: who reads a stranger's file looks at the sizes as they grow.
#ifndef MEMTRACE_CORE_SAVE_TABLE_MAKER_H
#define MEMTRACE_CORE_SAVE_TABLE_MAKER_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "model/snapshot.h"
#include "symbols/frame.h"
#include "symbols/names.h"

namespace mt::core {

// One frame as tracemalloc has it.
struct PlainFrame {
    std::string_view file;
    std::uint32_t line = 0;
    std::string_view function = {};
    std::string_view module = {};  // path
};

class TableMaker {
  public:
    // `book`: of the session that the table will be used in.
    explicit TableMaker(FrameBook& book);

    // Filled by the caller as far as it knows: status, losses, remarks, threads, …
    Table table;

    // 0 when there can be no more.
    std::uint16_t add_module(Module module);
    // The module of this path, made when there is none; of the empty path: 0.
    std::uint16_t module_named(std::string_view path);

    // Code at `pc` (as recorded, a return address) with its frames, innermost
    // first. Where that pc has other names already, or no address, it gets an
    // address of no process: has_address() tells.
    Pc add_code(Pc pc, std::vector<FrameId> frames, std::uint64_t offset);
    Pc code_of(const PlainFrame& frame);
    static bool has_address(Pc pc) { return pc.address != 0 && pc.address < kMadeAddress; }

    // The depot's node for a stack, most recent first.
    std::uint32_t add_stack(const std::vector<Pc>& pcs, End end);

    // Index into table.traces of the one trace of this stack and domain.
    std::uint32_t trace_of(std::uint32_t node, std::uint32_t domain,
                           std::uint16_t total_frames = 0);
    // The same of an id below abi::kReservedStacks.
    std::uint32_t reserved_trace(std::uint32_t id, std::uint32_t domain);

    // Live blocks of a trace, not counted in its figures.
    void keep_block(std::uint32_t trace, std::uint64_t size, std::uint64_t number,
                    std::uint32_t domain);
    // One of them that is known by itself.
    void keep_block(std::uint32_t trace, std::uint64_t size, std::uint32_t domain,
                    std::uint64_t address, std::uint64_t stamp);
    // tracemalloc's raw trace: a live block, counted. Frames most recent first.
    void add_trace(std::uint32_t domain, std::uint64_t size, const std::vector<PlainFrame>& frames,
                   std::uint32_t total_nframe);

    // The table, once; names included.
    std::shared_ptr<Table> finish();
    // Sums of the traces become the table's current and peak; the depot is counted.
    void count_totals();

  private:
    // No program has code here: not a canonical address.
    static constexpr std::uint64_t kMadeAddress = 0xff00'0000'0000'0000ull;

    std::uint32_t node_of(std::uint32_t parent, Pc pc);
    void grow_index();
    std::size_t slot_of(std::uint32_t parent, Pc pc) const;
    std::uint32_t add(Trace trace);

    FrameBook& book_;
    std::shared_ptr<Names> names_;
    std::uint64_t next_made_ = kMadeAddress;
    std::uint32_t next_id_;
    std::vector<std::uint32_t> node_index_;  // open addressing by (parent, pc); 0 = empty
    std::map<std::string, std::uint16_t, std::less<>> modules_;
    std::map<std::pair<FrameId, std::uint16_t>, Pc> plain_;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> traces_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> reserved_;
};

}  // namespace mt::core

#endif
