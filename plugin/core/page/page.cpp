// SPDX-License-Identifier: MIT
//
// See page.h.
#include "page/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/text.h"
#include "model/utf8.h"
#include "page/assets.h"

namespace mt::core {
namespace {

constexpr std::string_view kGap = "...";
// Numbers of a script are exact up to here.
constexpr std::int64_t kMostNumber = std::int64_t{1} << 53;

// The first and the last characters of one that is too long. Looks at its ends only.
std::string shortened(std::string_view text) {
    // A character has at most 4 bytes, and one that is none is shown as 4 characters.
    constexpr std::size_t kEnd = kLongestPageText * 2;
    std::string whole;
    if (text.size() > 2 * kEnd) {
        std::string_view tail = text.substr(text.size() - kEnd);
        // Not in the middle of a character.
        while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xc0) == 0x80)
            tail.remove_prefix(1);
        whole = escaped(text.substr(0, kEnd)) + escaped(tail);
    } else {
        whole = escaped(text);
    }
    std::vector<std::size_t> begins;
    for (std::size_t at = 0; at < whole.size();
         at += character_at(std::string_view(whole).substr(at)).length)
        begins.push_back(at);
    if (begins.size() <= kLongestPageText) return whole;
    const std::size_t head = (kLongestPageText - kGap.size()) / 2;
    const std::size_t tail = kLongestPageText - kGap.size() - head;
    return whole.substr(0, begins[head]).append(kGap) + whole.substr(begins[begins.size() - tail]);
}

// Each text once.
class Texts {
  public:
    Texts() { number(""); }
    std::size_t number(const std::string& text) {
        const auto [entry, is_new] = numbers_.try_emplace(text, texts_.size());
        if (is_new) texts_.push_back(&entry->first);
        return entry->second;
    }
    const std::vector<const std::string*>& all() const { return texts_; }

  private:
    std::unordered_map<std::string, std::size_t> numbers_;
    std::vector<const std::string*> texts_;
};

template <typename Items, typename Text>
Result<void> list(Pieces& out, std::string_view name, const Items& items, Text text) {
    MT_TRY(out.add(fmt::format("\"{}\":[", name)));
    bool is_first = true;
    for (const auto& item : items) {
        if (!is_first) MT_TRY(out.add(","));
        is_first = false;
        MT_TRY(out.add(text(item)));
    }
    return out.add("]");
}

std::string number_text(std::int64_t value) {
    return fmt::to_string(std::clamp(value, -kMostNumber, kMostNumber));
}

Result<void> write_frames(Pieces& out, const PageReport& report, Texts& texts) {
    const FrameBook& book = *report.book;
    const auto text_of = [&](auto id) {
        return [&texts, &book, id](const RowFrame& frame) {
            return fmt::to_string(texts.number(book.text(id(frame))));
        };
    };
    MT_TRY(out.add("\"frames\":{"));
    MT_TRY(list(out, "label", report.frames, [&](const RowFrame& frame) {
        std::string label = book.text(frame.label);
        if (frame.plus_offset && frame.offset) label += fmt::format("+0x{:x}", *frame.offset);
        return fmt::to_string(texts.number(label));
    }));
    MT_TRY(out.add(","));
    MT_TRY(list(out, "function", report.frames,
                text_of([](const RowFrame& frame) { return frame.function.value_or(0); })));
    MT_TRY(out.add(","));
    MT_TRY(list(out, "file", report.frames,
                text_of([](const RowFrame& frame) { return frame.file; })));
    MT_TRY(out.add(","));
    MT_TRY(list(out, "module", report.frames,
                text_of([](const RowFrame& frame) { return frame.module.value_or(0); })));
    MT_TRY(out.add(","));
    MT_TRY(list(out, "line", report.frames,
                [](const RowFrame& frame) { return fmt::to_string(frame.line); }));
    return out.add("},\n");
}

Result<void> write_nodes(Pieces& out, const PageReport& report) {
    MT_TRY(out.add("\"nodes\":{"));
    std::uint32_t at = 0;
    MT_TRY(list(out, "up", report.nodes,
                [&at](const PageNode& node) { return fmt::to_string(at++ - node.parent); }));
    MT_TRY(out.add(",\n"));
    MT_TRY(list(out, "frame", report.nodes,
                [](const PageNode& node) { return fmt::to_string(node.frame); }));
    MT_TRY(out.add("},\n\"stacks\":{"));
    MT_TRY(
        list(out, "node", report.stacks, [](std::uint32_t node) { return fmt::to_string(node); }));
    return out.add("},\n");
}

Result<void> write_measures(Pieces& out, const PageReport& report) {
    MT_TRY(out.add("\"measures\":["));
    for (const PageMeasure& measure : report.measures) {
        MT_TRY(out.add(fmt::format("{}{{\"id\":{},\"name\":{},",
                                   &measure == report.measures.data() ? "" : ",\n",
                                   page_string(measure.id), page_string(measure.name))));
        MT_TRY(list(out, "size", measure.amounts,
                    [](const Amount& amount) { return number_text(amount.size); }));
        MT_TRY(out.add(",\n"));
        MT_TRY(list(out, "count", measure.amounts,
                    [](const Amount& amount) { return number_text(amount.count); }));
        MT_TRY(out.add("}"));
    }
    return out.add("],\n");
}

// The frames that rows have, of the largest stacks.
std::vector<std::uint32_t> frames_with_source(const PageReport& report) {
    std::vector<std::uint32_t> order(report.stacks.size());
    std::iota(order.begin(), order.end(), 0);
    if (!report.measures.empty()) {
        const std::vector<Amount>& amounts = report.measures.front().amounts;
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            return amounts[a].size > amounts[b].size;
        });
    }
    std::vector<std::uint32_t> frames;
    std::unordered_set<std::uint32_t> seen;
    for (const std::uint32_t stack : order) {
        const std::uint32_t frame = report.nodes[report.stacks[stack]].frame;
        if (report.frames[frame].file == 0 || !seen.insert(frame).second) continue;
        frames.push_back(frame);
        if (frames.size() == kMostSourceLines) break;
    }
    return frames;
}

Result<void> write_source(Pieces& out, const PageReport& report, Texts& texts) {
    std::vector<std::pair<std::uint32_t, std::size_t>> lines;
    if (report.source_line) {
        for (const std::uint32_t number : frames_with_source(report)) {
            const RowFrame& frame = report.frames[number];
            const std::string line = report.source_line(report.book->text(frame.file), frame.line);
            const auto begin = line.find_first_not_of(" \t");
            if (begin == std::string::npos) continue;
            const auto end = line.find_last_not_of(" \t\r\n");
            lines.emplace_back(number, texts.number(line.substr(begin, end - begin + 1)));
        }
    }
    MT_TRY(out.add("\"source\":{"));
    MT_TRY(list(out, "frame", lines, [](const auto& line) { return fmt::to_string(line.first); }));
    MT_TRY(out.add(","));
    MT_TRY(list(out, "text", lines, [](const auto& line) { return fmt::to_string(line.second); }));
    return out.add("},\n");
}

std::string column_text(const PageColumn& column) {
    constexpr std::string_view kUnits[] = {"text", "bytes", "count"};
    return fmt::format("{{\"name\":{},\"unit\":\"{}\"}}", page_string(column.name),
                       kUnits[static_cast<std::size_t>(column.unit)]);
}

std::string row_text(const std::vector<PageCell>& row) {
    std::string text;
    for (const PageCell& cell : row) {
        text += text.empty() ? "[" : ",";
        const std::string* words = std::get_if<std::string>(&cell);
        text += words != nullptr ? page_string(*words) : number_text(std::get<std::int64_t>(cell));
    }
    return text + "]";
}

Result<void> write_tables(Pieces& out, const PageReport& report) {
    MT_TRY(out.add("\"tables\":["));
    for (const PageTable& table : report.tables) {
        MT_TRY(out.add(fmt::format(
            "{}{{\"id\":{},\"name\":{},\"note\":{},", &table == report.tables.data() ? "" : ",\n",
            page_string(table.id), page_string(table.name), page_string(table.note))));
        MT_TRY(list(out, "columns", table.columns, column_text));
        MT_TRY(out.add(",\n"));
        MT_TRY(list(out, "rows", table.rows, row_text));
        MT_TRY(out.add("}"));
    }
    return out.add("],\n");
}

}  // namespace

std::string page_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : shortened(text)) {
        if (c == '<' || c == '>' || c == '&')
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else if (c == '"' || c == '\\')
            out += {'\\', c};
        else
            out += c;
    }
    return out + "\"";
}

Result<void> check_page() {
    if (!page_assets().head.empty()) return {};
    return fail(Code::refused,
                "this memtrace was built without the page of mt report, for npm or its registry "
                "was not there; mt export writes files for other viewers");
}

Result<void> write_page_data(const PageReport& report, const Sink& sink) {
    Pieces out(sink);
    Texts texts;
    MT_TRY(
        out.add(fmt::format("{{\"schema\":1,\"memtrace\":\"{}\",\"kind\":{},\n\"title\":{},"
                            "\"subtitle\":{},\n",
                            MEMTRACE_VERSION, page_string(report.kind), page_string(report.title),
                            page_string(report.subtitle))));
    MT_TRY(list(out, "remarks", report.remarks,
                [](const Remark& remark) { return page_string(remark.text); }));
    MT_TRY(out.add(",\n"));
    MT_TRY(write_frames(out, report, texts));
    MT_TRY(write_nodes(out, report));
    MT_TRY(write_measures(out, report));
    MT_TRY(write_tables(out, report));
    MT_TRY(write_source(out, report, texts));
    MT_TRY(list(out, "texts", texts.all(),
                [](const std::string* text) { return page_string(*text); }));
    MT_TRY(out.add("}"));
    return out.finish();
}

Result<void> write_page(const PageReport& report, const Sink& sink) {
    MT_TRY(check_page());
    const PageAssets assets = page_assets();
    MT_TRY(sink(assets.head));
    MT_TRY(write_page_data(report, sink));
    return sink(assets.tail);
}

}  // namespace mt::core
