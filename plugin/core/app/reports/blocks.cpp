// SPDX-License-Identifier: MIT
//
// See blocks.h.
#include "app/reports/blocks.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "analyse/block_filter.h"
#include "app/choice.h"
#include "app/reports/frames.h"
#include "app/reports/making.h"
#include "app/threads.h"
#include "app/types.h"
#include "report/estimate.h"

namespace mt::core {
namespace {

using Places = std::vector<std::uint32_t>;  // in Table::blocks

// The blocks that the view's filters keep, by address.
class BlockChoice {
  public:
    BlockChoice(Debuggee& debuggee, const Table& table, const Process* process, ThreadTitles titles,
                const View& view)
        : debuggee_(debuggee),
          table_(table),
          view_(view),
          titles_(std::move(titles)),
          resolver_(debuggee.resolver(table, process)),
          walk_(resolver_, debuggee.skip(), view.grouping.raw),
          filter_(debuggee.book(), view.grouping.filters),
          traces_(table),
          verdicts_(table.traces.size() + 1, -1) {}

    Result<Places> places() {
        Places kept;
        const Interrupted interrupted = debuggee_.interrupted();
        Stride stop(interrupted);
        for (std::uint32_t i = 0; i < table_.blocks.size(); ++i) {
            if (stop()) return interrupted_error();
            const Block& block = table_.blocks[i];
            if (!view_.grouping.blocks.keeps(table_, block)) continue;
            const auto trace = traces_.place_of(block);
            if (!trace) continue;
            auto keeps = MT_TRY(keeps_trace(*trace));
            if (keeps) kept.push_back(i);
            if (*trace == traces_.not_sampled()) ++(keeps ? unnamed_ : left_out_);
        }
        return kept;
    }

    // Of a sample the tracebacks of most blocks are not known.
    void add_remarks(std::vector<Remark>& remarks) const {
        if (unnamed_ != 0)
            remarks.push_back(not_sampled_remark(unnamed_, table_.status.sample_bytes, false));
        if (left_out_ != 0)
            remarks.push_back(not_sampled_remark(left_out_, table_.status.sample_bytes, true));
    }

    Result<BlockRow> row(std::uint32_t place) {
        if (debuggee_.wants_stop()) return interrupted_error();
        const Block& block = table_.blocks[place];
        BlockRow row;
        row.shown.block = block;
        row.shown.domain = table_.domain_of(block);
        row.shown.stamp = stamp_of(table_, block);
        if (table_.has_types) row.shown.type = BlockType::of(table_.type_of(block));
        if (row.shown.stamp && row.shown.stamp->thread != 0)
            row.shown.thread = title_of(row.shown.stamp->thread);
        row.trace = block.stack;
        row.traceback = [this, &block](std::size_t frames) {
            if (frames == 0) frames = most_frames(table_.status.frame_limit);
            return row_frames(walk_, debuggee_.book(), traces_.at(*traces_.place_of(block)), frames,
                              view_.grouping.raw);
        };
        return row;
    }

  private:
    const std::string& title_of(std::uint32_t thread) {
        const auto [entry, is_new] = made_titles_.try_emplace(thread);
        if (is_new) entry->second = titles_(thread);
        return entry->second;
    }

    Result<bool> keeps_trace(std::uint32_t place) {
        std::int8_t& verdict = verdicts_[place];
        if (verdict >= 0) return verdict != 0;
        const Trace& trace = traces_.at(place);
        if (debuggee_.wants_stop()) return interrupted_error();
        std::vector<TraceFrame> frames;
        if (filter_.needs() != TraceFilter::Needs::nothing) {
            const bool all = filter_.needs() == TraceFilter::Needs::all;
            auto found =
                MT_TRY(walk_.frames(trace, all ? most_frames(table_.status.frame_limit) : 1));
            frames = *found;
        }
        verdict = filter_.keeps(frames, trace.domain) ? 1 : 0;
        return verdict != 0;
    }

    Debuggee& debuggee_;
    const Table& table_;
    const View view_;
    const ThreadTitles titles_;
    Resolver resolver_;
    FrameWalk walk_;
    TraceFilter filter_;
    const TracesOfBlocks traces_;
    std::vector<std::int8_t> verdicts_;  // by place of the trace; -1 = not decided
    std::uint64_t unnamed_ = 0,
                  left_out_ = 0;  // kept and not kept, not in the sample
    std::unordered_map<std::uint32_t, std::string> made_titles_;  // of threads, by serial in stamps
};

// The first `wanted` of that order.
Result<void> take_first(const Table& table, BlockOrder order, std::size_t wanted, Places& places,
                        const Interrupted& interrupted) {
    const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
        const Block &one = table.blocks[a], &other = table.blocks[b];
        if (order == BlockOrder::size)
            return one.size != other.size ? one.size > other.size : a < b;
        const auto first = stamp_of(table, one), second = stamp_of(table, other);
        if (!first || !second) return first.has_value() != second.has_value() ? !first : a < b;
        if (first->is_older_than(*second) || second->is_older_than(*first))
            return first->is_older_than(*second);
        return a < b;
    };
    // Few of many: what is not among the best of all before it need not be sorted.
    if (wanted < places.size() / 4) {
        Places best;
        Stride stop(interrupted);
        for (const std::uint32_t place : places) {
            if (stop()) return interrupted_error();
            if (best.size() == wanted && !is_before(place, best.front())) continue;
            if (best.size() == wanted) {
                std::pop_heap(best.begin(), best.end(), is_before);
                best.pop_back();
            }
            best.push_back(place);
            std::push_heap(best.begin(), best.end(), is_before);
        }
        places = std::move(best);
    }
    auto done = sort_unless_stopped(places.begin(), places.end(), is_before, interrupted);
    places.resize(std::min(wanted, places.size()));
    return done;
}

// Half of `wanted` before the address if there are as many, the rest from it on.
void take_around(const Table& table, std::uint64_t address, std::size_t wanted, Places& places) {
    const auto middle = std::partition_point(places.begin(), places.end(), [&](std::uint32_t i) {
        const Block& block = table.blocks[i];
        return block.address <= address && !holds(block, address);
    });
    const auto most = static_cast<std::ptrdiff_t>(wanted);
    const auto before = std::min<std::ptrdiff_t>(middle - places.begin(), most / 2);
    const auto after = std::min<std::ptrdiff_t>(places.end() - middle, most - before);
    places = Places(middle - before, middle + after);
}

// A table, who it is of, and what its rows need while they are made.
struct Source {
    std::shared_ptr<Table> table;
    std::string name;  // for messages
    std::optional<Process> process;
    std::optional<BlockChoice> choice;
    Places places;
};

Result<std::shared_ptr<Source>> source_of(Session& session, const BlocksWanted& wanted,
                                          const View& view) {
    Debuggee& debuggee = session.debuggee();
    auto source = std::make_shared<Source>();
    if (wanted.snapshot) {
        const Kept kept = MT_TRY(session.shelf().snapshot(&*wanted.snapshot, true));
        source->process = MT_TRY(debuggee.same_process({kept.table.get()}));
        source->table = kept.table;
        source->name = "snapshot " + kept.number;
        return source;
    }
    source->process = MT_TRY(debuggee.process_or_heap());
    MT_TRY(needs_tracing(*source->process, "no block is known"));
    ReadOptions options;
    options.blocks = true;
    source->table = MT_TRY(read_now(*source->process, options));
    if (view.needs_types()) MT_TRY(find_types(debuggee, *source->process, *source->table));
    source->name = "the process";
    return source;
}

void add_totals(const Table& table, const Places& all, BlocksReport& report) {
    for (const std::uint32_t i : all)
        report.total_size += static_cast<std::int64_t>(table.blocks[i].size);
    report.total_count = static_cast<std::int64_t>(all.size());
}

Result<BlocksReport> report_of(Session& session, const std::shared_ptr<Source>& source,
                               const BlocksWanted& wanted, View view) {
    Debuggee& debuggee = session.debuggee();
    const Table& table = *source->table;
    if (wanted.around) MT_TRY(check_addresses(table, source->name));
    if (wanted.order == BlockOrder::age && !table.has_stamps)
        return fail(Code::usage,
                    "there are no stamps; mt start --stamps records the age of blocks");
    MT_TRY(choose_blocks(session, table, source->name, view));
    const ThreadTitles titles = MT_TRY(
        ThreadTitles::of(debuggee, table.has_stamps ? pointer(source->process) : nullptr, table));
    BlockChoice& choice =
        source->choice.emplace(debuggee, table, pointer(source->process), titles, view);
    Places places = MT_TRY(choice.places());
    BlocksReport report;
    report.stamps = table.has_stamps;
    report.has_addresses = table.has_addresses();
    report.book = &session.book();
    report.around = wanted.around;
    add_totals(table, places, report);
    const std::size_t most = view.rows == 0 ? places.size() : view.rows;
    if (wanted.around)
        take_around(table, *wanted.around, most, places);
    else
        MT_TRY(take_first(table, wanted.order, most, places, debuggee.interrupted()));
    report.other_size = report.total_size;
    report.other_count = report.total_count - static_cast<std::int64_t>(places.size());
    for (const std::uint32_t place : places)
        report.other_size -= static_cast<std::int64_t>(table.blocks[place].size);
    report.remarks = table.remarks;
    report.remarks.insert(report.remarks.end(), view.remarks.begin(), view.remarks.end());
    choice.add_remarks(report.remarks);
    source->places = std::move(places);
    report.each = [source](const BlocksReport::TakeRow& take) -> Result<void> {
        for (const std::uint32_t place : source->places) {
            const BlockRow row = MT_TRY(source->choice->row(place));
            MT_TRY(take(row));
        }
        return {};
    };
    return report;
}

}  // namespace

Result<BlocksReport> blocks_of(Session& session, const BlocksWanted& wanted, View view) {
    const std::shared_ptr<Source> source = MT_TRY(source_of(session, wanted, view));
    return report_of(session, source, wanted, std::move(view));
}

Result<BlocksReport> blocks_of(Session& session, std::shared_ptr<Table> table, Process process,
                               View view) {
    auto source = std::make_shared<Source>();
    source->table = std::move(table);
    source->process = std::move(process);
    source->name = "the process";
    return report_of(session, source, {}, std::move(view));
}

}  // namespace mt::core
