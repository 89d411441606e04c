// SPDX-License-Identifier: MIT
//
// See types.h.
#include "app/types.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyse/frames.h"
#include "model/text.h"
#include "types/first_words.h"
#include "types/template_type.h"
#include "types/vtable_type.h"

namespace mt::core {
namespace {

// Between a container's allocator and the caller stand a dozen functions at most.
constexpr std::size_t kFrames = 32;

class TypeFinder {
  public:
    TypeFinder(Debuggee& debuggee, const Process& process, Table& table)
        : debuggee_(debuggee),
          process_(process),
          table_(table),
          resolver_(debuggee.resolver(table, &process)),
          walk_(resolver_, debuggee.skip(), true) {}

    Result<void> run() {
        table_.block_types.assign(table_.blocks.size(), 0);
        MT_TRY(by_tracebacks());
        MT_TRY(by_vtables());
        table_.has_types = true;
        return {};
    }

  private:
    std::uint32_t type(const std::string& name, BlockType::Source source) {
        if (name.empty()) return 0;
        return BlockType{debuggee_.book().text(name), source}.number();
    }

    Result<void> by_tracebacks() {
        const TracesOfBlocks traces(table_);
        std::vector<std::uint32_t> found(table_.traces.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (debuggee_.wants_stop()) return interrupted_error();
            found[i] = MT_TRY(of_trace(table_.traces[i]));
        }
        const Interrupted interrupted = debuggee_.interrupted();
        Stride stop(interrupted);
        for (std::size_t i = 0; i < table_.blocks.size(); ++i) {
            if (stop()) return interrupted_error();
            const auto trace = traces.place_of(table_.blocks[i]);
            if (trace && *trace != traces.not_sampled()) table_.block_types[i] = found[*trace];
        }
        return {};
    }

    Result<std::uint32_t> of_trace(const Trace& trace) {
        const auto* frames = MT_TRY(walk_.frames(trace, kFrames));
        std::vector<std::string_view> functions;
        const FrameBook& book = debuggee_.book();
        for (const TraceFrame& frame : *frames)
            functions.push_back(book.text(book[frame.id].function));
        return type(template_type(functions), BlockType::Source::templates);
    }

    // Where no function said it.
    Result<void> by_vtables() {
        const VtableTypes vtables(*process_.memory, table_,
                                  debuggee_.sources_for(table_, &process_).debugger);
        const auto take = [&](std::size_t block, std::uint64_t word) -> Result<void> {
            if (!vtables.may_be_one(word)) return {};
            const auto [entry, is_new] = by_word_.try_emplace(word, 0);
            if (is_new) {
                const std::string name = MT_TRY(vtables.type_at(word));
                entry->second = type(name, BlockType::Source::vtable);
            }
            table_.block_types[block] = entry->second;
            return {};
        };
        const auto wants = [&](std::size_t block) {
            return table_.block_types[block] == 0 && table_.domain_of(table_.blocks[block]) == 0;
        };
        return first_words(*process_.memory, table_.blocks, wants, take, debuggee_.interrupted());
    }

    Debuggee& debuggee_;
    const Process& process_;
    Table& table_;
    Resolver resolver_;
    FrameWalk walk_;
    std::unordered_map<std::uint64_t, std::uint32_t> by_word_;
};

}  // namespace

Result<void> find_types(Debuggee& debuggee, const Process& process, Table& table) {
    return TypeFinder(debuggee, process, table).run();
}

Result<void> choose_types(const FrameBook& book, const Table& table, const std::string& whose,
                          View& view) {
    if (!view.needs_types()) return {};
    if (!table.has_types)
        return fail(Code::usage, fmt::format("{} has no types; take it with --by type", whose));
    if (view.type.empty()) return {};
    const std::set<std::uint32_t> types(table.block_types.begin(), table.block_types.end());
    for (const std::uint32_t type : types) {
        const std::string& name = book.text(BlockType::of(type).name);
        if (fnmatch(view.type.c_str(), name.c_str(), 0) == 0)
            view.grouping.blocks.types.push_back(type);
    }
    if (view.grouping.blocks.types.empty())
        return fail(Code::usage, fmt::format("no live block is of a type that matches {}",
                                             printable(view.type)));
    return {};
}

}  // namespace mt::core
