// SPDX-License-Identifier: MIT
//
// mt blocks: which single blocks, in which order.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"
#include "analyse/block_filter.h"
#include "analyse/by_thread.h"
#include "command/addresses.h"
#include "command/block_view.h"
#include "command/reporting.h"
#include "command/shown_blocks.h"
#include "command/verb.h"
#include "show/block_rows.h"
#include "show/estimate.h"

namespace mt::core {
namespace {

using Places = std::vector<std::uint32_t>;  // in Table::blocks

std::size_t limit_of(const Table& table) {
    return table.status.frame_limit == 0 ? abi::kMaxFrames : table.status.frame_limit;
}

// The blocks that the view's filters keep, by address.
class Choice {
  public:
    Choice(Session& session, const Table& table, const Process* process, const View& view)
        : session_(session),
          table_(table),
          view_(view),
          resolver_(session.symboliser, table, session.sources_for(table, process)),
          walk_(resolver_, session.skip, view.grouping.raw),
          filter_(session.symboliser.book(), view.grouping.filters),
          traces_(table),
          verdicts_(table.traces.size() + 1, -1) {}

    Result<Places> places() {
        Places kept;
        const Interrupted interrupted = session_.interrupted();
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

    // As a row; at most `frames` of its traceback.
    Result<void> write(BlockRows& rows, std::uint32_t place, std::size_t frames) {
        if (session_.poll()) return interrupted_error();
        const Block& block = table_.blocks[place];
        ShownBlock shown;
        shown.block = block;
        shown.domain = table_.domain_of(block);
        shown.stamp = stamp_of(table_, block);
        if (shown.stamp && shown.stamp->thread != 0) shown.thread = title_of(shown.stamp->thread);
        return rows.row(shown, block.stack, [&]() -> Result<std::vector<RowFrame>> {
            return row_frames(walk_, session_.symboliser.book(),
                              traces_.at(*traces_.place_of(block)), frames, view_.grouping.raw);
        });
    }

  private:
    const std::string& title_of(std::uint32_t thread) {
        const auto [entry, is_new] = titles_.try_emplace(thread);
        if (is_new) entry->second = thread_title(table_, thread);
        return entry->second;
    }

    Result<bool> keeps_trace(std::uint32_t place) {
        std::int8_t& verdict = verdicts_[place];
        if (verdict >= 0) return verdict != 0;
        const Trace& trace = traces_.at(place);
        if (session_.poll()) return interrupted_error();
        std::vector<TraceFrame> frames;
        if (filter_.needs() != TraceFilter::Needs::nothing) {
            const bool all = filter_.needs() == TraceFilter::Needs::all;
            auto found = MT_TRY(walk_.frames(trace, all ? limit_of(table_) : 1));
            frames = *found;
        }
        verdict = filter_.keeps(frames, trace.domain) ? 1 : 0;
        return verdict != 0;
    }

    Session& session_;
    const Table& table_;
    const View& view_;
    Resolver resolver_;
    FrameWalk walk_;
    TraceFilter filter_;
    const TracesOfBlocks traces_;
    std::vector<std::int8_t> verdicts_;         // by place of the trace; -1 = not decided
    std::uint64_t unnamed_ = 0, left_out_ = 0;  // kept and not kept, not in the sample
    std::unordered_map<std::uint32_t, std::string> titles_;  // of threads, by serial in stamps
};

enum class Order : std::uint8_t { size, age };

// The first `wanted` of that order.
Result<void> take_first(const Table& table, Order order, std::size_t wanted, Places& places,
                        const Interrupted& interrupted) {
    const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
        const Block &one = table.blocks[a], &other = table.blocks[b];
        if (order == Order::size) return one.size != other.size ? one.size > other.size : a < b;
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

Result<Order> order_of(const Arguments& arguments, const Table& table) {
    const std::string* text = arguments.value("--sort");
    if (text == nullptr || *text == "size") return Order::size;
    if (*text != "age")
        return fail(Code::usage, fmt::format("--sort takes size or age, not {}",
                                             text->empty() ? "nothing" : *text));
    if (table.has_stamps) return Order::age;
    return fail(Code::usage, "there are no stamps; mt start --stamps records the age of blocks");
}

struct Source {
    std::shared_ptr<Table> table;
    std::string name;  // for messages
    std::optional<Process> process;
};

Result<Source> source_of(Session& session, const Arguments& arguments) {
    Source source;
    if (arguments.words.empty()) {
        auto process = MT_TRY(session.process());
        if (!process.status.tracing)
            return fail(Code::refused,
                        "memory allocations are not being traced, so no block is known; mt start "
                        "begins to trace");
        auto table = MT_TRY(read_now(process, true));
        source.table = table;
        source.name = "the process";
        source.process = std::move(process);
        return source;
    }
    auto kept = MT_TRY(kept_snapshot(session, arguments.words, 0));
    MT_TRY(has_blocks(*kept, true));
    auto process = MT_TRY(same_process(session, {kept->table.get()}));
    source.table = kept->table;
    source.name = "snapshot " + kept->number;
    source.process = std::move(process);
    return source;
}

void add_totals(const Table& table, const Places& all, BlockList& list) {
    for (const std::uint32_t i : all)
        list.total_size += static_cast<std::int64_t>(table.blocks[i].size);
    list.total_count = static_cast<std::int64_t>(all.size());
}

}  // namespace

Result<void> run_blocks(Session& session, const Arguments& arguments) {
    Arguments without_sort = arguments;  // whose orders are others here
    without_sort.values.erase("--sort");
    auto view = MT_TRY(view_of(session.settings, without_sort));
    std::optional<std::uint64_t> around;
    if (const std::string* text = arguments.value("--neighbours")) {
        auto address = MT_TRY(address_of(session, *text));
        around = address;
    }
    auto source = MT_TRY(source_of(session, arguments));
    const Table& table = *source.table;
    auto order = MT_TRY(order_of(arguments, table));
    MT_TRY(choose_blocks(session, table, source.name, view));

    Choice choice(session, table, source.process ? &*source.process : nullptr, view);
    auto places = MT_TRY(choice.places());
    BlockList list;
    list.stamps = table.has_stamps;
    list.book = &session.symboliser.book();
    list.around = around;
    add_totals(table, places, list);
    const std::size_t wanted = view.rows == 0 ? places.size() : view.rows;
    if (around)
        take_around(table, *around, wanted, places);
    else
        MT_TRY(take_first(table, order, wanted, places, session.interrupted()));
    list.other_size = list.total_size;
    list.other_count = list.total_count - static_cast<std::int64_t>(places.size());
    for (const std::uint32_t place : places)
        list.other_size -= static_cast<std::int64_t>(table.blocks[place].size);
    list.remarks = table.remarks;
    list.remarks.insert(list.remarks.end(), view.remarks.begin(), view.remarks.end());
    choice.add_remarks(list.remarks);
    const Sink out = session.printer();
    BlockRows rows(list, view.json, out);
    for (const std::uint32_t place : places)
        MT_TRY(choice.write(rows, place, view.json ? limit_of(table) : 1));
    return rows.end();
}

}  // namespace mt::core
