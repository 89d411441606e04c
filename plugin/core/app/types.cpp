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
#include "types/site/site_modules.h"
#include "types/template_type.h"
#include "types/vtable_type.h"

namespace mt::core {
namespace {

// Between a container's allocator and the caller stand a dozen functions at most.
constexpr std::size_t kFrames = 32;
// A program's own functions that hand on what malloc gives them.
constexpr std::size_t kHandedOn = 5;

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
        MT_TRY(by_sites());
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

    // Of blocks that nothing else names.
    Result<void> by_sites() {
        if (!debuggee_.sources_for(table_, &process_).local_files) return {};
        const TracesOfBlocks traces(table_);
        const Interrupted interrupted = debuggee_.interrupted();
        Stride stop(interrupted);
        for (std::size_t i = 0; i < table_.blocks.size(); ++i) {
            if (stop()) return interrupted_error();
            const Block& block = table_.blocks[i];
            if (table_.block_types[i] != 0 || table_.domain_of(block) != 0) continue;
            const auto trace = traces.place_of(block);
            if (!trace || *trace == traces.not_sampled()) continue;
            table_.block_types[i] = MT_TRY(of_site(*trace, block.size));
        }
        return {};
    }

    Result<std::uint32_t> of_site(std::size_t trace, std::uint64_t size) {
        auto known = by_trace_.find(trace);
        if (known == by_trace_.end()) {
            const auto found = MT_TRY(site_of(table_.traces[trace]));
            known = by_trace_.emplace(trace, found).first;
        }
        return type(known->second.of(size), BlockType::Source::site);
    }

    // The place that asked, or, where that hands the address on as it is, its caller.
    Result<site::SiteType> site_of(const Trace& trace) {
        const std::vector<Pc> pcs = table_.frames(trace.node);
        auto asked = site::Asked::unknown;
        std::size_t handed_on = 0;
        for (const Pc pc : pcs) {
            const bool is_new = MT_TRY(is_operator_new(pc));
            if (is_new && handed_on == 0) continue;
            if (pc.module == 0 || pc.module >= table_.modules.size() || handed_on++ >= kHandedOn)
                break;
            const Module& module = table_.modules[pc.module];
            site::SiteTypes* types = MT_TRY(
                debuggee_.sites().of(module, debuggee_.files_of(module), debuggee_.interrupted()));
            if (types == nullptr) break;
            const site::SiteTypes::Answer answer =
                MT_TRY(types->at(pc.address - module.bias, asked, debuggee_.interrupted()));
            if (!answer.is_returned) return answer.type;
            asked = answer.asked;
        }
        return site::SiteType();
    }

    Result<bool> is_operator_new(Pc pc) {
        const Location* location = MT_TRY(resolver_.resolve(pc));
        const FrameBook& book = debuggee_.book();
        const std::string& name = book.text(book[location->frames.back()].function);
        return std::string_view(name).starts_with("operator new");
    }

    Debuggee& debuggee_;
    const Process& process_;
    Table& table_;
    Resolver resolver_;
    FrameWalk walk_;
    std::unordered_map<std::uint64_t, std::uint32_t> by_word_;
    std::unordered_map<std::size_t, site::SiteType> by_trace_;
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
