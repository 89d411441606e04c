// SPDX-License-Identifier: MIT
//
// A pprof profile to a table: the parts first, then, in a second pass, the
// samples one by one. Every index is looked up, none is believed.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "abi/layout.h"
#include "model/text.h"
#include "save/description.h"
#include "save/field_stream.h"
#include "save/profile_columns.h"
#include "save/profile_format.h"
#include "save/profile_parts.h"
#include "save/profile_reader.h"
#include "save/profile_sample.h"
#include "save/table_maker.h"

namespace mt::core {
namespace {

// What the labels of a sample of ours say.
struct Marks {
    std::uint32_t domain = 0;
    std::optional<std::uint32_t> stack;
    End end = End::complete;
    std::uint16_t total_frames = 0;
    std::optional<std::uint64_t> free_bytes, free_count, block_size, blocks;
    std::optional<std::uint32_t> block_domain;
};

class Reader {
  public:
    Reader(FrameBook& book, const ProfileLimits& limits, const Interrupted& interrupted)
        : book_(book), limits_(limits), interrupted_(interrupted), maker_(book) {}

    Result<Loaded> run(std::string_view bytes) {
        {
            ByteSource source(bytes, limits_.inflate);
            parts_ = MT_TRY(read_parts(source, limits_, interrupted_));
        }
        MT_TRY(types());
        MT_TRY(comments());
        MT_TRY(modules());
        MT_TRY(code());
        ByteSource source(bytes, limits_.inflate);
        MT_TRY(samples(source));
        MT_TRY(finish());
        loaded_.table = maker_.finish();
        return std::move(loaded_);
    }

  private:
    static tl::unexpected<Error> damaged(const std::string& what) {
        return fail(Code::io, "it is damaged: " + what);
    }
    Result<std::string_view> text(std::uint64_t index) const {
        if (index == 0) return std::string_view();
        if (index >= parts_.texts.size())
            return damaged(fmt::format("it names text {} of {}", index, parts_.texts.size()));
        return parts_.texts[index];
    }
    Result<std::string_view> short_text(std::uint64_t index) const {
        auto found = text(index);
        if (found && found->size() > kLongestName)
            return damaged(fmt::format("it has a name of {} bytes", found->size()));
        return found;
    }
    // A name; where the writer had to escape it, as it was.
    Result<std::string> name(std::uint64_t index) const {
        const auto found = MT_TRY(short_text(index));
        const auto& escaped = described_.escaped_texts;
        if (std::binary_search(escaped.begin(), escaped.end(), index)) return unescape_bytes(found);
        return std::string(found);
    }

    Result<void> types() {
        std::vector<std::pair<std::string_view, std::string_view>> types;
        for (const auto& one : parts_.sample_types) {
            const auto type = MT_TRY(short_text(one.type));
            const auto unit = MT_TRY(short_text(one.unit));
            types.emplace_back(type, unit);
        }
        columns_ = MT_TRY(ProfileColumns::of(types));
        return {};
    }

    Result<void> comments() {
        for (std::uint64_t index : parts_.comments) {
            const auto comment = MT_TRY(text(index));
            if (comment.rfind(format::kAttributes, 0) == 0)
                loaded_.attributes_json = comment.substr(format::kAttributes.size());
            if (comment.rfind(format::kDescription, 0) != 0) continue;
            described_ = MT_TRY(described(comment.substr(format::kDescription.size())));
            std::sort(described_.escaped_texts.begin(), described_.escaped_texts.end());
            ours_ = true;
        }
        if (!ours_) return {};
        Table& made = maker_.table;
        std::swap(described_.table.modules, own_modules_);
        described_.table.modules = std::move(made.modules);
        described_.table.nodes = std::move(made.nodes);
        described_.table.parents = std::move(made.parents);
        made = std::move(described_.table);
        return {};
    }

    Result<void> modules() {
        // In the order of their numbers; ours has the program first.
        std::vector<std::uint32_t> order;
        for (std::uint32_t i = 0; i < parts_.mappings.size(); ++i) order.push_back(i);
        std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
            return parts_.mappings[a].id < parts_.mappings[b].id;
        });
        modules_.resize(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto& part = parts_.mappings[order[i]];
            Module made;
            made.path = MT_TRY(name(part.file));
            made.build_id = MT_TRY(name(part.build_id));
            made.start = part.start;
            made.end = part.limit;
            made.bias = part.start - part.offset;
            if (ours_ && i + 1 < own_modules_.size()) {
                made.bias = own_modules_[i + 1].bias;
                made.load_sequence = own_modules_[i + 1].load_sequence;
                made.unload_sequence = own_modules_[i + 1].unload_sequence;
                made.file = own_modules_[i + 1].file;
            }
            modules_[order[i]] = maker_.add_module(std::move(made));
        }
        return {};
    }

    Result<FrameId> frame(const ProfileParts::Line& line, const std::string& module) {
        std::string function, file;
        if (line.function != 0) {
            const std::uint32_t index = parts_.function_ids.find(line.function);
            if (index == IdIndex::kNone)
                return damaged(fmt::format("it names function {}", line.function));
            function = MT_TRY(name(parts_.functions[index].name));
            file = MT_TRY(name(parts_.functions[index].file));
        }
        name_bytes_ += function.size() + file.size() + module.size();
        if (name_bytes_ > limits_.name_bytes)
            return fail(Code::io, too_long_names(limits_.name_bytes));
        const std::uint64_t number = std::min<std::uint64_t>(line.line, UINT32_MAX);
        return book_.frame(file, function, module, static_cast<std::uint32_t>(number));
    }

    // Without a name: by its address, so that each place in the code is a row of its own.
    FrameId unnamed(const Module& module, std::uint64_t offset, bool has_address) {
        if (ours_ && has_address && !module.path.empty()) return book_.place(module.path, offset);
        const bool address = has_address && !ours_;
        return book_.frame("", address ? fmt::format("0x{:x}", offset) : "", module.path, 0);
    }

    Result<void> code() {
        for (const auto& part : parts_.locations) {
            std::uint32_t index = 0;
            if (part.mapping != 0) {
                index = parts_.mapping_ids.find(part.mapping);
                if (index == IdIndex::kNone)
                    return damaged(fmt::format("it names mapping {}", part.mapping));
                index = modules_[index];
            }
            const Module& module = maker_.table.modules[index];
            const std::uint64_t offset = part.address == 0 ? 0 : part.address - module.bias;
            std::vector<FrameId> frames;
            for (std::uint32_t i = 0; i < part.lines; ++i) {
                const FrameId made = MT_TRY(frame(parts_.lines[part.first_line + i], module.path));
                frames.push_back(made);
            }
            if (frames.empty()) frames.push_back(unnamed(module, offset, part.address != 0));
            const std::uint64_t address = part.address == 0 ? 0 : part.address + 1;
            pcs_.push_back(maker_.add_code({address, static_cast<std::uint16_t>(index)},
                                           std::move(frames), offset));
        }
        return {};
    }

    Result<Marks> marks(const ProfileSample& sample) const {
        Marks made;
        if (!ours_) return made;
        for (const SampleLabel& label : sample.labels) {
            const auto key = MT_TRY(text(label.key));
            const auto value = MT_TRY(text(label.text));
            const auto number = static_cast<std::uint32_t>(label.number);
            if (key == format::kDomain) made.domain = number;
            if (key == format::kStack) made.stack = number;
            if (key == format::kTotalFrames) made.total_frames = static_cast<std::uint16_t>(number);
            if (key == format::kFreeSpace) made.free_bytes = label.number;
            if (key == format::kFreeObjects) made.free_count = label.number;
            if (key == format::kBytes) made.block_size = label.number;
            if (key == format::kBlocks) made.blocks = label.number;
            if (key == format::kBlockDomain) made.block_domain = number;
            if (key == format::kEnd && value == format::kCut) made.end = End::cut;
            if (key == format::kEnd && value == format::kBroken) made.end = End::broken;
        }
        if (made.stack && *made.stack >= abi::kReservedStacks)
            return damaged(fmt::format("it names stack {}", *made.stack));
        return made;
    }

    Result<std::uint32_t> trace_of(const ProfileSample& sample, const Marks& marks) {
        if (marks.stack) return maker_.reserved_trace(*marks.stack, marks.domain);
        stack_.clear();
        End end = marks.end;
        for (std::uint64_t id : sample.locations) {
            const std::uint32_t index = parts_.location_ids.find(id);
            if (index == IdIndex::kNone) return damaged(fmt::format("it names location {}", id));
            if (stack_.size() < abi::kMaxFrames)
                stack_.push_back(pcs_[index]);
            else
                end = End::cut;
        }
        deepest_ = std::max(deepest_, stack_.size());
        const std::uint32_t node = maker_.add_stack(stack_, end);
        if (maker_.table.nodes.size() > limits_.nodes)
            return fail(Code::io, fmt::format("its tracebacks have more than {} distinct frames",
                                              limits_.nodes));
        return maker_.trace_of(node, marks.domain, marks.total_frames);
    }

    bool is_believed(const SampleFigures& f) {
        return sizes_.add(f.size) && counts_.add(f.count) && peak_sizes_.add(f.peak_size) &&
               peak_counts_.add(f.peak_count) && samples_.add(f.samples) &&
               peak_samples_.add(f.peak_samples);
    }

    Result<void> add_blocks(std::uint32_t trace, const Marks& marks, const SampleFigures& f,
                            const ProfileSample& sample) {
        const auto said = static_cast<std::uint64_t>(f.samples > 0 ? f.samples : f.count);
        const std::uint64_t number = marks.blocks.value_or(said);
        if (f.count < 0 || f.samples < 0 || number > limits_.blocks ||
            maker_.table.blocks.size() + number > limits_.blocks)
            return fail(Code::io, fmt::format("it has more than {} blocks", limits_.blocks));
        if (!block_sizes_.add(*marks.block_size, number))
            return damaged("its blocks are more than a memory can hold");
        const std::uint32_t domain = marks.block_domain.value_or(maker_.table.traces[trace].domain);
        if (sample.addresses.empty()) {
            maker_.keep_block(trace, *marks.block_size, number, domain);
            return {};
        }
        if (sample.addresses.size() != number ||
            (maker_.table.has_stamps && sample.stamps.size() != number))
            return damaged(fmt::format("a sample has {} addresses and {} stamps of {} blocks",
                                       sample.addresses.size(), sample.stamps.size(), number));
        has_addresses_ = true;
        for (std::size_t i = 0; i < number; ++i)
            maker_.keep_block(trace, *marks.block_size, domain, sample.addresses[i],
                              maker_.table.has_stamps ? sample.stamps[i] : 0);
        return {};
    }

    Result<void> add(const ProfileSample& sample) {
        SampleFigures f;
        if (!columns_.take(sample.values, f))
            return damaged(fmt::format("a sample has {} values for {} sample types",
                                       sample.values.size(), parts_.sample_types.size()));
        if (!is_believed(f)) return damaged("its figures are more than a memory can hold");
        const Marks marked = MT_TRY(marks(sample));
        const auto index = MT_TRY(trace_of(sample, marked));
        Trace& trace = maker_.table.traces[index];
        const bool has_allocations = columns_.has_allocations();
        trace.alloc_bytes += static_cast<std::uint64_t>(has_allocations ? f.alloc_size : f.size);
        trace.alloc_count += static_cast<std::uint64_t>(has_allocations ? f.alloc_count : f.count);
        trace.size += f.size;
        trace.count += f.count;
        trace.peak_size += f.peak_size;
        trace.peak_count += f.peak_count;
        trace.temporary_count += static_cast<std::uint64_t>(f.temporary_count);
        trace.samples += f.samples;
        trace.peak_samples += f.peak_samples;
        if (marked.free_bytes) free_bytes_.emplace_back(index, *marked.free_bytes);
        if (marked.free_count) free_counts_.emplace_back(index, *marked.free_count);
        if (maker_.table.has_blocks && marked.block_size)
            return add_blocks(index, marked, f, sample);
        return {};
    }

    Result<void> samples(ByteSource& source) {
        FieldStream fields(source, limits_.longest_field);
        Field field;
        ProfileSample sample;
        for (;;) {
            if (interrupted_ && interrupted_()) return interrupted_error();
            const bool more = MT_TRY(fields.next(field));
            if (!more) return {};
            if (field.number != format::kSample || !field.is_bytes) continue;
            if (!sample.read(field.bytes)) return fields.damaged();
            MT_TRY(add(sample));
        }
    }

    void finish_free() {
        for (Trace& trace : maker_.table.traces) {
            trace.free_bytes = trace.alloc_bytes - static_cast<std::uint64_t>(trace.size);
            trace.free_count = trace.alloc_count - static_cast<std::uint64_t>(trace.count);
        }
        for (const auto& [index, bytes] : free_bytes_)
            maker_.table.traces[index].free_bytes = bytes;
        for (const auto& [index, count] : free_counts_)
            maker_.table.traces[index].free_count = count;
    }

    Result<void> finish() {
        finish_free();
        Table& table = maker_.table;
        if (has_addresses_)
            MT_TRY(sort_unless_stopped(table.blocks.begin(), table.blocks.end(), ByAddress{table},
                                       interrupted_));
        if (ours_) {
            // Of a sample: it was there for the blocks only.
            std::erase_if(table.traces, [](const Trace& trace) {
                return trace.id == abi::kStackNotSampled && trace.alloc_count == 0;
            });
            if (described_.lost_blocks != 0)
                table.remarks.push_back(
                    {"lost-blocks",
                     fmt::format("{} blocks of no traceback with figures were not saved",
                                 described_.lost_blocks),
                     described_.lost_blocks});
            return {};
        }
        maker_.count_totals();
        table.status.tracing = true;
        table.status.frame_limit = static_cast<std::uint16_t>(std::max<std::size_t>(1, deepest_));
        const auto period_type = MT_TRY(text(parts_.period_type.type));
        if (period_type == "space" && parts_.period > 1)
            table.remarks.push_back(estimated_remark(static_cast<std::uint64_t>(parts_.period)));
        return {};
    }

    FrameBook& book_;
    const ProfileLimits& limits_;
    const Interrupted& interrupted_;
    TableMaker maker_;
    ProfileParts parts_;
    ProfileColumns columns_;
    Description described_;
    std::vector<Module> own_modules_;  // what mappings do not hold of them
    bool ours_ = false;
    bool has_addresses_ = false;          // of blocks
    std::vector<std::uint16_t> modules_;  // by place of the mapping
    std::vector<Pc> pcs_;                 // by place of the location
    std::vector<Pc> stack_;
    std::size_t deepest_ = 0;
    std::uint64_t name_bytes_ = 0;
    Believed sizes_, counts_, peak_sizes_, peak_counts_, samples_, peak_samples_, block_sizes_;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> free_bytes_, free_counts_;
    Loaded loaded_;
};

}  // namespace

Result<Loaded> read_protobuf(std::string_view bytes, FrameBook& book, const ProfileLimits& limits,
                             const Interrupted& interrupted) {
    return Reader(book, limits, interrupted).run(bytes);
}

}  // namespace mt::core
