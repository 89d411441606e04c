// SPDX-License-Identifier: MIT
//
// The three formats of export.h, each written row by row.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "model/text.h"
#include "save/export.h"

namespace mt::core {
namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(std::string(text))
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// --- CSV ---------------------------------------------------------------------

// function;file;line of each frame, most recent first, joined by '|'.
std::string csv_traceback(const ExportRow& row, const FrameBook& book, bool raw) {
    constexpr std::string_view kOwn = ";|";
    std::string text;
    for (const TraceFrame& at : row.frames) {
        const Frame& frame = book[at.id];
        text += fmt::format("{}{};{};{}", text.empty() ? "" : "|",
                            escaped_too(export_name(book, at, raw), kOwn),
                            escaped_too(book.text(frame.file), kOwn), frame.line);
    }
    // What a spreadsheet would take for a formula.
    if (std::string_view("=+-@").find(text.front()) != std::string_view::npos)
        text = fmt::format("\\x{:02x}{}", static_cast<unsigned char>(text.front()), text.substr(1));
    return text;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

// --- speedscope --------------------------------------------------------------

struct SpeedscopeFigure {
    const char* name;
    std::int64_t (*of)(const ExportRow& row);
};
constexpr std::array<SpeedscopeFigure, 3> kSpeedscopeFigures = {{
    {"inuse_space", [](const ExportRow& row) { return row.size; }},
    {"alloc_space", [](const ExportRow& row) { return static_cast<std::int64_t>(row.total_size); }},
    {"peak_space", [](const ExportRow& row) { return row.peak_size; }},
}};

// Frames with the numbers that samples call them by.
class SpeedscopeFrames {
  public:
    SpeedscopeFrames(const FrameBook& book, bool raw) : book_(book), raw_(raw) {}

    // Of a row, outermost first: "3,0,7".
    std::string stack(const ExportRow& row) {
        std::string text;
        for (auto at = row.frames.rbegin(); at != row.frames.rend(); ++at)
            text += fmt::format("{}{}", text.empty() ? "" : ",", number(*at));
        return text;
    }
    Result<void> write(Pieces& out) const {
        for (std::size_t i = 0; i < order_.size(); ++i) {
            const Frame& frame = book_[order_[i].id];
            std::string text = fmt::format("{}{{\"name\":{}", i == 0 ? "" : ",\n",
                                           json_text(export_name(book_, order_[i], raw_)));
            if (frame.has_file())
                text += fmt::format(",\"file\":{},\"line\":{}", json_text(book_.text(frame.file)),
                                    frame.line);
            MT_TRY(out.add(text + "}"));
        }
        return {};
    }

  private:
    std::size_t number(const TraceFrame& at) {
        const bool by_offset = raw_ && !book_[at.id].has_file();
        const auto key = std::to_string(at.id) + (by_offset ? fmt::format("+{}", at.offset) : "");
        const auto [entry, is_new] = numbers_.try_emplace(key, order_.size());
        if (is_new) order_.push_back(at);
        return entry->second;
    }

    const FrameBook& book_;
    bool raw_;
    std::unordered_map<std::string, std::size_t> numbers_;
    std::vector<TraceFrame> order_;
};

Result<void> speedscope_profile(const std::vector<ExportRow>& rows, const SpeedscopeFigure& figure,
                                SpeedscopeFrames& frames, Pieces& out) {
    std::int64_t sum = 0;
    std::string samples, weights;
    for (const ExportRow& row : rows) {
        const std::int64_t weight = figure.of(row);
        if (weight <= 0) continue;
        samples += fmt::format("{}[{}]", sum == 0 ? "" : ",\n", frames.stack(row));
        weights += fmt::format("{}{}", sum == 0 ? "" : ",", weight);
        sum += weight;
    }
    return out.add(
        fmt::format("{{\"type\":\"sampled\",\"name\":\"{}\",\"unit\":\"bytes\","
                    "\"startValue\":0,\"endValue\":{},\n\"samples\":[{}],\n"
                    "\"weights\":[{}]}}",
                    figure.name, sum, samples, weights));
}

}  // namespace

Result<void> export_folded(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                           const Sink& sink) {
    Pieces out(sink);
    for (const ExportRow& row : rows) {
        if (row.size <= 0) continue;
        std::string text;
        for (auto at = row.frames.rbegin(); at != row.frames.rend(); ++at)
            text += (text.empty() ? "" : ";") + escaped_too(export_name(book, *at, raw), ";");
        MT_TRY(out.add(fmt::format("{} {}\n", text, row.size)));
    }
    return out.finish();
}

Result<void> export_speedscope(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                               const std::string& name, const Sink& sink) {
    Pieces out(sink);
    SpeedscopeFrames frames(book, raw);
    MT_TRY(out.add(
        fmt::format("{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
                    "\"name\":{},\n\"exporter\":\"memtrace {}\",\n\"activeProfileIndex\":0,\n"
                    "\"profiles\":[\n",
                    json_text(name), MEMTRACE_VERSION)));
    for (std::size_t i = 0; i < kSpeedscopeFigures.size(); ++i) {
        MT_TRY(out.add(i == 0 ? "" : ",\n"));
        MT_TRY(speedscope_profile(rows, kSpeedscopeFigures[i], frames, out));
    }
    MT_TRY(out.add("],\n\"shared\":{\"frames\":[\n"));
    MT_TRY(frames.write(out));
    MT_TRY(out.add("]}}\n"));
    return out.finish();
}

Result<void> export_csv(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                        const Sink& sink) {
    Pieces out(sink);
    MT_TRY(
        out.add("size,count,total_size,total_count,peak_size,peak_count,"
                "temporary_count,domain,traceback\r\n"));
    for (const ExportRow& row : rows) {
        const std::string text =
            fmt::format("{},{},{},{},{},{},{},{},{}\r\n", row.size, row.count, row.total_size,
                        row.total_count, row.peak_size, row.peak_count, row.temporary_count,
                        row.domain, csv_field(csv_traceback(row, book, raw)));
        MT_TRY(out.add(text));
    }
    return out.finish();
}

}  // namespace mt::core
