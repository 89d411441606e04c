// SPDX-License-Identifier: MIT
//
// A table to a pprof profile (docs/files.md). Written in pieces as it is made:
// what is kept are numbers, not messages.
#include <fmt/format.h>

#include <array>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "abi/layout.h"
#include "analyse/block_filter.h"
#include "model/utf8.h"
#include "save/block_groups.h"
#include "save/description.h"
#include "save/gzip_sink.h"
#include "save/profile_format.h"
#include "save/profile_numbers.h"
#include "save/save.h"
#include "save/table_maker.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

using protozero::pbf_writer;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr std::uint64_t kMostTogether = 1u << 16;  // single blocks in one sample

// pprof drops these innermost frames from its views. Functions that may call back
// into the program are not among them: their callees would go as well.
constexpr std::string_view kDropFrames =
    "malloc|calloc|realloc|reallocarray|memalign|aligned_alloc|posix_memalign|valloc|pvalloc|"
    "operator new.*|(std::__new_allocator|__gnu_cxx::new_allocator|std::allocator)<.*>::allocate|"
    "std::allocator_traits<std::allocator<.*>::allocate";

// The figures of one sample, in the order of the sample types.
struct Figures {
    std::int64_t alloc_count = 0, alloc_bytes = 0, count = 0, size = 0, peak_count = 0,
                 peak_size = 0, temporary_count = 0, samples = 0, peak_samples = 0;
};

class Writer {
  public:
    Writer(Resolver& resolver, const SaveOptions& options, const Sink& sink)
        : resolver_(resolver),
          table_(resolver.table()),
          options_(options),
          gzip_(sink),
          out_(bytes_),
          texts_(resolver.book()),
          locations_(table_) {}

    Result<void> run() {
        types();
        MT_TRY(samples());
        MT_TRY(locations());
        mappings();
        MT_TRY(functions());
        closing();
        MT_TRY(texts());
        MT_TRY(flush(0));
        return gzip_.finish();
    }

  private:
    bool is_sampled() const { return table_.status.sample_bytes != 0; }

    Result<void> flush(std::size_t beyond) {
        if (bytes_.size() <= beyond) return {};
        auto done = gzip_.write(bytes_);
        bytes_.clear();
        return done;
    }
    // Between two rows.
    Result<void> pause() {
        if (options_.interrupted && options_.interrupted()) return interrupted_error();
        return flush(kPiece);
    }

    void value_type(std::uint32_t field, std::string_view type, std::string_view unit) {
        pbf_writer made(out_, field);
        made.add_int64(format::kType, texts_.of(type));
        made.add_int64(format::kUnit, texts_.of(unit));
    }

    void types() {
        value_type(format::kSampleType, format::kAllocObjects, "count");
        value_type(format::kSampleType, format::kAllocSpace, "bytes");
        value_type(format::kSampleType, format::kInuseObjects, "count");
        value_type(format::kSampleType, format::kInuseSpace, "bytes");
        value_type(format::kSampleType, format::kPeakObjects, "count");
        value_type(format::kSampleType, format::kPeakSpace, "bytes");
        value_type(format::kSampleType, format::kTemporaryObjects, "count");
        if (!is_sampled()) return;
        value_type(format::kSampleType, format::kSamples, "count");
        value_type(format::kSampleType, format::kPeakSamples, "count");
    }

    void label(pbf_writer& sample, std::string_view key, std::uint64_t number,
               std::string_view unit = {}) {
        pbf_writer made(sample, format::kLabel);
        made.add_int64(format::kKey, texts_.of(key));
        made.add_int64(format::kNumber, static_cast<std::int64_t>(number));
        if (!unit.empty()) made.add_int64(format::kNumberUnit, texts_.of(unit));
    }
    void label(pbf_writer& sample, std::string_view key, std::string_view text) {
        pbf_writer made(sample, format::kLabel);
        made.add_int64(format::kKey, texts_.of(key));
        made.add_int64(format::kText, texts_.of(text));
    }

    void stack(const Trace& trace) {
        ids_.clear();
        if (trace.id < abi::kReservedStacks) {
            // It has no frames, and pprof would show it without a name: it gets one
            // of code that is nowhere.
            reserved_[trace.id] = true;
            ids_.push_back(trace.id + 1);
            return;
        }
        for (std::uint32_t node = trace.node;
             node >= abi::kReservedNodes && node < table_.nodes.size();
             node = table_.parents[node]) {
            ids_.push_back(abi::kReservedStacks + locations_.of_node(node));
            if (table_.parents[node] >= node) break;
        }
    }

    void figures(pbf_writer& sample, const Figures& f) {
        const std::array<std::int64_t, 9> values = {
            f.alloc_count, f.alloc_bytes,     f.count,   f.size,        f.peak_count,
            f.peak_size,   f.temporary_count, f.samples, f.peak_samples};
        sample.add_packed_int64(format::kValues, values.begin(),
                                values.begin() + (is_sampled() ? 9 : 7));
    }

    void trace_labels(pbf_writer& sample, const Trace& trace) {
        if (trace.domain != 0) label(sample, format::kDomain, trace.domain);
        if (trace.id < abi::kReservedStacks) label(sample, format::kStack, trace.id);
        if (trace.end == End::cut) label(sample, format::kEnd, format::kCut);
        if (trace.end == End::broken) label(sample, format::kEnd, format::kBroken);
        if (trace.total_frames != 0) label(sample, format::kTotalFrames, trace.total_frames);
    }

    // What is live stands with the blocks, as far as they are kept.
    void trace_sample(const Trace& trace, const Figures& of_blocks) {
        pbf_writer sample(out_, format::kSample);
        sample.add_packed_uint64(format::kLocationIds, ids_.begin(), ids_.end());
        Figures f;
        f.alloc_count = static_cast<std::int64_t>(trace.alloc_count);
        f.alloc_bytes = static_cast<std::int64_t>(trace.alloc_bytes);
        f.count = trace.count - of_blocks.count;
        f.size = trace.size - of_blocks.size;
        f.peak_count = trace.peak_count;
        f.peak_size = trace.peak_size;
        f.temporary_count = static_cast<std::int64_t>(trace.temporary_count);
        f.samples = trace.samples - of_blocks.samples;
        f.peak_samples = trace.peak_samples;
        figures(sample, f);
        trace_labels(sample, trace);
        if (trace.free_bytes != trace.alloc_bytes - static_cast<std::uint64_t>(trace.size))
            label(sample, format::kFreeSpace, trace.free_bytes, "bytes");
        if (trace.free_count != trace.alloc_count - static_cast<std::uint64_t>(trace.count))
            label(sample, format::kFreeObjects, trace.free_count);
    }

    void single_blocks(pbf_writer& sample, const BlockGroups& groups, const BlockGroup& group) {
        addresses_.clear();
        stamps_.clear();
        std::uint64_t before = 0;
        for (std::uint64_t i = 0; i < group.number; ++i) {
            const Block& block = groups.block(group, i);
            addresses_.push_back(static_cast<std::int64_t>(block.address - before));
            stamps_.push_back(table_.detail_of(block).stamp);
            before = block.address;
        }
        sample.add_packed_sint64(format::kAddresses, addresses_.begin(), addresses_.end());
        if (table_.has_stamps)
            sample.add_packed_uint64(format::kStamps, stamps_.begin(), stamps_.end());
    }

    void block_sample(const Trace& trace, const BlockGroups& groups, const BlockGroup& group) {
        pbf_writer sample(out_, format::kSample);
        sample.add_packed_uint64(format::kLocationIds, ids_.begin(), ids_.end());
        Figures f;
        f.count = group.live_count;
        f.size = group.live_size;
        f.samples = group.samples;
        figures(sample, f);
        trace_labels(sample, trace);
        label(sample, format::kBytes, group.size, "bytes");
        if (group.live_count == 0) label(sample, format::kBlocks, group.number);
        if (group.domain != trace.domain) label(sample, format::kBlockDomain, group.domain);
        if (options_.single_blocks) single_blocks(sample, groups, group);
    }

    Result<void> samples() {
        BlockGroups groups = MT_TRY(BlockGroups::of(table_, options_.interrupted));
        lost_blocks_ = groups.lost();
        const std::uint64_t most = options_.single_blocks ? kMostTogether : UINT64_MAX;
        BlockGroup group;
        bool more = groups.next(group, most);
        for (std::uint32_t i = 0; i < table_.traces.size(); ++i) {
            const Trace& trace = table_.traces[i];
            stack(trace);
            Figures of_blocks;
            for (; more && group.trace == i; more = groups.next(group, most)) {
                of_blocks.count += group.live_count;
                of_blocks.size += group.live_size;
                of_blocks.samples += group.samples;
                block_sample(trace, groups, group);
                MT_TRY(pause());
            }
            trace_sample(trace, of_blocks);
            MT_TRY(pause());
        }
        const TracesOfBlocks traces(table_);
        if (more) stack(traces.at(group.trace));
        for (; more; more = groups.next(group, most)) {
            block_sample(traces.at(group.trace), groups, group);
            MT_TRY(pause());
        }
        return {};
    }

    struct Has {
        bool functions = false, files = false, lines = false, inlined = false;
    };

    void line(pbf_writer& location, const Frame& frame, Has& has) {
        pbf_writer made(location, format::kLine);
        made.add_uint64(format::kLineFunction, functions_.of(frame.function, frame.file));
        if (frame.line != 0) made.add_int64(format::kLineNumber, frame.line);
        has.functions = has.functions || frame.function != 0;
        has.files = has.files || frame.file != 0;
        has.lines = has.lines || frame.line != 0;
    }

    Result<void> locations() {
        has_.resize(std::max<std::size_t>(1, table_.modules.size()));
        for (std::uint32_t id = 0; id < reserved_.size(); ++id) {
            if (!reserved_[id]) continue;
            pbf_writer location(out_, format::kLocation);
            location.add_uint64(format::kLocationId, id + 1);
            // As a function: that is what pprof shows.
            Frame shown;
            shown.function = resolver_.book()[resolver_.symboliser().reserved(id)].label;
            line(location, shown, has_[0]);
        }
        const auto& order = locations_.order();
        for (std::size_t i = 0; i < order.size(); ++i) {
            const Pc pc = order[i];
            const Location* known = MT_TRY(resolver_.resolve(pc));
            {
                pbf_writer location(out_, format::kLocation);
                location.add_uint64(format::kLocationId, abi::kReservedStacks + 1 + i);
                if (pc.module != 0) location.add_uint64(format::kLocationMapping, pc.module);
                // Inside the calling instruction, as pprof has it.
                if (TableMaker::has_address(pc))
                    location.add_uint64(format::kAddress, pc.address - 1);
                const auto& frames = known->frames;
                for (FrameId id : frames) {
                    const Frame& frame = resolver_.book()[id];
                    if (frames.size() == 1 && frame.function == 0 && !frame.has_file()) break;
                    line(location, frame, has_[pc.module]);
                }
                has_[pc.module].inlined = has_[pc.module].inlined || frames.size() > 1;
            }
            MT_TRY(pause());
        }
        return {};
    }

    void mappings() {
        // pprof takes the first one for the program itself.
        const std::size_t program = program_module();
        if (program != 0) mapping_of(program);
        for (std::size_t i = 1; i < table_.modules.size(); ++i)
            if (i != program) mapping_of(i);
    }

    std::size_t program_module() const {
        for (std::size_t i = 1; i < table_.modules.size(); ++i)
            if (base_name(table_.modules[i].path).find(".so") == std::string_view::npos) return i;
        return 0;
    }

    void mapping_of(std::size_t i) {
        const Module& module = table_.modules[i];
        pbf_writer mapping(out_, format::kMapping);
        mapping.add_uint64(format::kMappingId, i);
        mapping.add_uint64(format::kStart, module.start);
        mapping.add_uint64(format::kLimit, module.end);
        // A module's range begins with its file.
        mapping.add_uint64(format::kOffset, 0);
        mapping.add_int64(format::kFile, texts_.of(module.path));
        mapping.add_int64(format::kBuildId, texts_.of(module.build_id));
        mapping.add_bool(format::kHasFunctions, has_[i].functions);
        mapping.add_bool(format::kHasFilenames, has_[i].files);
        mapping.add_bool(format::kHasLines, has_[i].lines);
        mapping.add_bool(format::kHasInlined, has_[i].inlined);
    }

    Result<void> functions() {
        const auto& order = functions_.order();
        for (std::size_t i = 0; i < order.size(); ++i) {
            {
                pbf_writer function(out_, format::kFunction);
                function.add_uint64(format::kFunctionId, i + 1);
                function.add_int64(format::kName, texts_.of(order[i].name));
                function.add_int64(format::kFilename, texts_.of(order[i].file));
            }
            MT_TRY(pause());
        }
        return {};
    }

    void closing() {
        const std::uint64_t period = table_.status.sample_bytes;
        value_type(format::kPeriodType, "space", "bytes");
        out_.add_int64(format::kPeriod, period == 0 ? 1 : static_cast<std::int64_t>(period));
        out_.add_int64(format::kDefaultSampleType, texts_.of(format::kInuseSpace));
        out_.add_int64(format::kDropFrames, texts_.of(kDropFrames));
        out_.add_int64(format::kTimeNanos, static_cast<std::int64_t>(options_.time_nanos));
        if (!options_.attributes_json.empty())
            comment(std::string(format::kAttributes) + options_.attributes_json);
    }

    void comment(const std::string& text) { out_.add_int64(format::kComment, texts_.of(text)); }

    Result<void> texts() {
        // The description names the escaped texts and is itself none of them.
        std::vector<std::uint32_t> escaped;
        for (std::size_t i = 0; i < texts_.size(); ++i)
            if (!is_utf8(texts_[i])) escaped.push_back(static_cast<std::uint32_t>(i));
        comment(std::string(format::kDescription) +
                describe(table_, options_.single_blocks, lost_blocks_, escaped));
        for (std::size_t i = 0, next = 0; i < texts_.size(); ++i) {
            const bool as_it_is = next == escaped.size() || escaped[next] != i;
            if (as_it_is)
                out_.add_string(format::kStringTable, texts_[i].data(), texts_[i].size());
            else
                out_.add_string(format::kStringTable, escape_bytes(texts_[i]));
            next += as_it_is ? 0 : 1;
            MT_TRY(pause());
        }
        return {};
    }

    Resolver& resolver_;
    const Table& table_;
    const SaveOptions& options_;
    GzipSink gzip_;
    std::string bytes_;
    pbf_writer out_;
    TextNumbers texts_;
    FunctionNumbers functions_;
    LocationNumbers locations_;
    std::vector<std::uint32_t> ids_;       // of the stack being written
    std::vector<std::int64_t> addresses_;  // of the blocks being written
    std::vector<std::uint64_t> stamps_;
    std::array<bool, abi::kReservedStacks> reserved_{};  // those that have a location
    std::vector<Has> has_;                               // by module
    std::uint64_t lost_blocks_ = 0;
};

}  // namespace

Result<void> write_profile(Resolver& resolver, const SaveOptions& options, const Sink& sink) {
    return Writer(resolver, options, sink).run();
}

}  // namespace mt::core
