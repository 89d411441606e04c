// SPDX-License-Identifier: MIT
//
// See block_rows.h.
#include "show/block_rows.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "show/report.h"
#include "show/text.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostKept = 32u << 20;

}  // namespace

BlockRows::BlockRows(const BlockList& list, bool json, const Sink& sink)
    : list_(list), json_(json), sink_(sink), document_(sink), is_past_(!list.around) {
    if (!json) return;
    Json head = Json::object();
    head["schema"] = 1;
    head["command"] = "blocks";
    if (list.around) head["around"] = fmt::format("{:#x}", *list.around);
    document_.members(head);
    document_.begin_list("blocks");
}

Result<const std::string*> BlockRows::place_of(std::uint32_t trace, const Traceback& traceback) {
    if (const auto known = places_.find(trace); known != places_.end()) return &known->second;
    auto frames = MT_TRY(traceback());
    if (kept_ > kMostKept) {
        places_.clear();
        kept_ = 0;
    }
    std::string& place = places_[trace];
    if (json_)
        place = JsonStream::laid_out(traceback_json(*list_.book, KeyType::traceback, frames),
                                     JsonStream::kItemDepth + 1);
    else
        place = fmt::format("{}:{}", row_name(*list_.book, frames.front()), frames.front().line);
    kept_ += place.size();
    return &place;
}

std::string BlockRows::text_of(const ShownBlock& shown, const std::string& place) const {
    std::string text = fmt::format("{:#x}: size={}", shown.block.address,
                                   format_size(static_cast<double>(shown.block.size)));
    if (shown.domain != 0) text += fmt::format(", domain {}", shown.domain);
    text += ", " + place + age_text(list_.stamps, shown);
    if (list_.around && holds(shown.block, *list_.around))
        text += fmt::format(", offset {}", *list_.around - shown.block.address);
    return text + "\n";
}

Result<void> BlockRows::past_address() {
    if (std::exchange(is_past_, true)) return {};
    return sink_(fmt::format("{:#x}: in no live block\n", *list_.around));
}

Result<void> BlockRows::row(const ShownBlock& shown, std::uint32_t trace,
                            const Traceback& traceback) {
    const std::string* place = MT_TRY(place_of(trace, traceback));
    if (json_) {
        // Its last member is spliced in as it was laid out before.
        std::string text = JsonStream::laid_out(block_facts(shown), JsonStream::kItemDepth);
        text.resize(text.rfind('\n'));
        const std::string margin((JsonStream::kItemDepth + 1) * 2, ' ');
        text += fmt::format(",\n{}\"traceback\": {}\n{}}}", margin, *place, margin.substr(2));
        return document_.laid_out_item(text);
    }
    if (!is_past_ && shown.block.address > *list_.around) MT_TRY(past_address());
    is_past_ = is_past_ || holds(shown.block, *list_.around);
    return sink_(text_of(shown, *place));
}

Result<void> BlockRows::end() {
    if (json_) {
        document_.end_list();
        document_.members({{"other", {{"size", list_.other_size}, {"count", list_.other_count}}},
                           {"total", {{"size", list_.total_size}, {"count", list_.total_count}}},
                           {"remarks", remarks_json(list_.remarks)}});
        return document_.end();
    }
    MT_TRY(past_address());
    std::string text;
    if (list_.other_count != 0)
        text += fmt::format("{} other: {}\n", list_.other_count,
                            format_figures(list_.other_size, list_.other_count));
    return sink_(text +
                 fmt::format("Total: {}\n", format_figures(list_.total_size, list_.total_count)) +
                 remarks_text(list_.remarks));
}

}  // namespace mt::core
