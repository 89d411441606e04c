// SPDX-License-Identifier: MIT
//
// See legacy_reader.h. Sampled figures are scaled up as pprof does: a stack whose
// blocks have the mean size s stands for 1 / (1 - exp(-s / rate)) times as many.
#include "save/legacy_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"
#include "model/text.h"
#include "save/legacy_line.h"
#include "save/profile_columns.h"
#include "save/table_maker.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

constexpr double kMostScaled = 4e18;  // fits a signed 64-bit number

struct Stack {
    std::vector<std::uint64_t> addresses;
    SampleFigures figures;
};

void scale(std::int64_t& count, std::int64_t& size, std::uint64_t rate) {
    if (count <= 0 || size <= 0) {
        count = size = 0;
        return;
    }
    const double mean = static_cast<double>(size) / static_cast<double>(count);
    const double factor = 1 / (1 - std::exp(-mean / static_cast<double>(rate)));
    const auto scaled = [factor](std::int64_t figure) {
        return static_cast<std::int64_t>(
            std::min(kMostScaled, static_cast<double>(figure) * factor));
    };
    count = scaled(count);
    size = scaled(size);
}

class Reader {
  public:
    Reader(FrameBook& book, const ProfileLimits& limits, const Interrupted& interrupted)
        : book_(book), limits_(limits), interrupted_(interrupted), maker_(book) {}

    Result<Loaded> run(std::string_view text) {
        Stride stop(interrupted_);
        for (line_ = 1; !text.empty(); ++line_) {
            if (stop()) return interrupted_error();
            const std::size_t end = std::min(text.find('\n'), text.size());
            MT_TRY(line(stripped_line(text.substr(0, end))));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (!has_header_) return fail(Code::io, "it has names, but no heap profile behind them");
        return finish();
    }

  private:
    enum class Part : std::uint8_t { header, symbols, stacks, mappings };

    tl::unexpected<Error> damaged(const char* what) const {
        return fail(Code::io, fmt::format("it is damaged: line {} is {}", line_, what));
    }

    Result<void> line(std::string_view text) {
        if (text.size() > kLongestName) return damaged("too long");
        if (text.rfind("--- symbol", 0) == 0) {
            part_ = Part::symbols;
            return {};
        }
        if (text.rfind("---", 0) == 0) {  // the end of the symbols, or the title of what follows
            part_ = has_header_ ? part_ : Part::header;
            return {};
        }
        if (text.empty() || text.front() == '#') return {};
        switch (part_) {
            case Part::header:
                return header(text);
            case Part::symbols:
                return symbol(text);
            case Part::stacks:
                return stack_line(text);
            case Part::mappings:
                break;
        }
        if (const auto known = legacy_mapping(text)) add_mapping(*known);
        return {};
    }

    Result<void> header(std::string_view text) {
        const auto known = legacy_header(text);
        if (!known) return damaged("no header of a heap profile");
        if (known->kind.rfind("heap", 0) != 0)
            return fail(Code::io, fmt::format("it is no heap profile: its kind is {}",
                                              printable(known->kind)));
        rate_ = known->rate;
        per_thread_ = known->per_thread;
        has_header_ = true;
        part_ = Part::stacks;
        return {};
    }

    Result<void> symbol(std::string_view text) {
        const auto known = legacy_symbol(text);
        if (!known) return {};  // "binary=…", "num_symbols: …"
        for (std::string_view name : known->names) name_bytes_ += name.size();
        if (name_bytes_ > limits_.name_bytes)
            return fail(Code::io, too_long_names(limits_.name_bytes));
        symbols_[known->address] = known->names;
        return {};
    }

    Result<void> stack_line(std::string_view text) {
        if (text == "MAPPED_LIBRARIES:") {
            part_ = Part::mappings;
            return {};
        }
        if (!per_thread_) {
            const auto known = legacy_figures(text);
            if (!known) return damaged("no traceback with figures");
            auto addresses = legacy_stack(known->rest);
            if (!addresses) return damaged("no traceback with figures");
            return add({std::move(*addresses), known->figures});
        }
        if (text.front() == '@') {
            auto addresses = legacy_stack(text);
            if (!addresses) return damaged("no traceback");
            MT_TRY(flush());
            open_ = Stack{std::move(*addresses), {}};
            return {};
        }
        if (text.front() != 't') return damaged("neither traceback nor figures");
        // Of all threads; the lines of single ones repeat it.
        if (text.rfind("t*:", 0) != 0 || !open_) return {};
        const auto known = legacy_figures(text.substr(3));
        if (!known) return damaged("no figures");
        open_->figures = known->figures;
        return {};
    }

    Result<void> flush() {
        if (!open_) return {};
        Stack done = std::move(*open_);
        open_.reset();
        return add(std::move(done));
    }

    Result<void> add(Stack stack) {
        SampleFigures& f = stack.figures;
        has_allocations_ = has_allocations_ || f.alloc_count != 0;
        if (rate_ > 1) {
            scale(f.count, f.size, rate_);
            scale(f.alloc_count, f.alloc_size, rate_);
        }
        if (!sizes_.add(f.size) || !counts_.add(f.count))
            return fail(Code::io, "it is damaged: its figures are more than a memory can hold");
        stacks_.push_back(std::move(stack));
        return {};
    }

    // A file's mapped pieces are one module.
    void add_mapping(const LegacyMapping& mapping) {
        if (mapping.path.empty() || mapping.path.front() != '/') return;
        Module made;
        made.path = mapping.path;
        made.start = mapping.start;
        made.end = mapping.end;
        made.bias = mapping.start - mapping.offset;
        auto& known = maker_.table.modules;
        if (known.size() > 1 && known.back().path == made.path && known.back().end <= made.start) {
            known.back().end = made.end;
        } else if (const std::uint16_t index = maker_.add_module(made); index != 0) {
            by_end_[made.end] = index;
            return;
        }
        by_end_[made.end] = static_cast<std::uint16_t>(known.size() - 1);
    }

    std::uint16_t module_at(std::uint64_t address) const {
        const auto found = by_end_.upper_bound(address);
        if (found == by_end_.end()) return 0;
        return maker_.table.modules[found->second].start <= address ? found->second : 0;
    }

    // Return addresses; the names are those of the calling instruction.
    Pc code(std::uint64_t address) {
        const auto [entry, is_new] = pcs_.try_emplace(address);
        if (!is_new) return entry->second;
        const std::uint64_t call = address == 0 ? 0 : address - 1;
        const std::uint16_t index = module_at(call);
        const Module& module = maker_.table.modules[index];
        const std::uint64_t offset = call - module.bias;
        std::vector<FrameId> frames;
        auto names = symbols_.find(call);
        if (names == symbols_.end()) names = symbols_.find(address);
        if (names != symbols_.end())
            for (std::string_view name : names->second)
                frames.push_back(book_.frame("", function_from_linkage(name), module.path, 0));
        if (frames.empty())
            frames.push_back(book_.frame("", fmt::format("0x{:x}", offset), module.path, 0));
        entry->second = maker_.add_code({address, index}, std::move(frames), offset);
        return entry->second;
    }

    Result<Loaded> finish() {
        MT_TRY(flush());
        std::size_t deepest = 1;
        std::vector<Pc> pcs;
        for (const Stack& stack : stacks_) {
            pcs.clear();
            for (std::uint64_t address : stack.addresses)
                if (pcs.size() < abi::kMaxFrames) pcs.push_back(code(address));
            deepest = std::max(deepest, pcs.size());
            const End end = pcs.size() < stack.addresses.size() ? End::cut : End::complete;
            const std::uint32_t node = maker_.add_stack(pcs, end);
            if (maker_.table.nodes.size() > limits_.nodes)
                return fail(
                    Code::io,
                    fmt::format("its tracebacks have more than {} distinct frames", limits_.nodes));
            count(maker_.table.traces[maker_.trace_of(node, 0)], stack.figures);
        }
        maker_.count_totals();
        Table& table = maker_.table;
        table.status.tracing = true;
        table.status.frame_limit = static_cast<std::uint16_t>(deepest);
        if (rate_ > 1) table.remarks.push_back(estimated_remark(rate_));
        Loaded loaded;
        loaded.table = maker_.finish();
        return loaded;
    }

    void count(Trace& trace, const SampleFigures& f) const {
        trace.size += f.size;
        trace.count += f.count;
        const bool own = has_allocations_;
        trace.alloc_bytes += static_cast<std::uint64_t>(own ? f.alloc_size : f.size);
        trace.alloc_count += static_cast<std::uint64_t>(own ? f.alloc_count : f.count);
        trace.free_bytes = trace.alloc_bytes - static_cast<std::uint64_t>(trace.size);
        trace.free_count = trace.alloc_count - static_cast<std::uint64_t>(trace.count);
    }

    FrameBook& book_;
    const ProfileLimits& limits_;
    const Interrupted& interrupted_;
    TableMaker maker_;
    Part part_ = Part::header;
    std::size_t line_ = 0;
    bool has_header_ = false, per_thread_ = false, has_allocations_ = false;
    std::uint64_t rate_ = 0;
    std::optional<Stack> open_;  // its figures follow
    std::vector<Stack> stacks_;
    std::map<std::uint64_t, std::uint16_t> by_end_;  // of modules' pieces
    std::unordered_map<std::uint64_t, std::vector<std::string_view>> symbols_;
    std::unordered_map<std::uint64_t, Pc> pcs_;
    std::uint64_t name_bytes_ = 0;
    Believed sizes_, counts_;
};

}  // namespace

bool is_legacy(std::string_view first) {
    for (std::string_view magic : {"heap profile:", "heap_v2/", "--- symbol"})
        if (first.substr(0, magic.size()) == magic) return true;
    return false;
}

Result<Loaded> read_legacy(ByteSource& source, FrameBook& book, const ProfileLimits& limits,
                           const Interrupted& interrupted) {
    auto text = MT_TRY(source.look(limits.legacy_bytes + 1));
    if (text.size() > limits.legacy_bytes)
        return fail(Code::io,
                    fmt::format("it is larger than {}",
                                format_size(static_cast<std::int64_t>(limits.legacy_bytes))));
    return Reader(book, limits, interrupted).run(text);
}

}  // namespace mt::core
