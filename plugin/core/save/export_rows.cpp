// SPDX-License-Identifier: MIT
//
// Tracebacks with their figures, and the text of a frame, for all formats.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"
#include "model/text.h"
#include "save/export.h"

namespace mt::core {
namespace {

bool shows_offset(const Frame& frame, bool raw) {
    return raw && !frame.has_file() && !frame.is_place &&
           (frame.module != 0 || frame.function != 0);
}

std::string key_of(const std::vector<TraceFrame>& frames, const FrameBook& book, bool raw,
                   std::uint32_t domain) {
    std::string key(reinterpret_cast<const char*>(&domain), sizeof domain);
    for (const TraceFrame& frame : frames) {
        key.append(reinterpret_cast<const char*>(&frame.id), sizeof frame.id);
        if (shows_offset(book[frame.id], raw))
            key.append(reinterpret_cast<const char*>(&frame.offset), sizeof frame.offset);
    }
    return key;
}

void add(ExportRow& row, const Trace& trace) {
    row.size += trace.size;
    row.count += trace.count;
    row.total_size += trace.alloc_bytes;
    row.total_count += trace.alloc_count;
    row.peak_size += trace.peak_size;
    row.peak_count += trace.peak_count;
    row.temporary_count += trace.temporary_count;
}

}  // namespace

Result<std::vector<ExportRow>> export_rows(Resolver& resolver, SkipRules& skip, bool raw,
                                           const Interrupted& interrupted) {
    std::vector<ExportRow> rows;
    std::unordered_map<std::string, std::size_t> index;
    FrameWalk walk(resolver, skip, raw);
    const Table& table = resolver.table();
    for (std::size_t i = 0; i < table.traces.size(); ++i) {
        if (interrupted && interrupted()) return interrupted_error();
        const Trace& trace = table.traces[i];
        auto frames = MT_TRY(walk.frames(trace, abi::kMaxFrames));
        const auto [entry, is_new] =
            index.try_emplace(key_of(*frames, resolver.book(), raw, trace.domain), rows.size());
        if (is_new) {
            rows.emplace_back().frames = *frames;
            rows.back().domain = trace.domain;
        }
        add(rows[entry->second], trace);
    }
    // Equal figures stay in the order of their tracebacks.
    std::stable_sort(rows.begin(), rows.end(), [](const ExportRow& a, const ExportRow& b) {
        return std::tie(a.size, a.count, a.total_size, a.total_count) >
               std::tie(b.size, b.count, b.total_size, b.total_count);
    });
    return rows;
}

std::string export_name(const FrameBook& book, const TraceFrame& at, bool raw) {
    const Frame& frame = book[at.id];
    const std::string& function = book.text(frame.function);
    // Of code without symbols it is a number, which means something with its module only.
    const bool is_name = !function.empty() && function.rfind("0x", 0) != 0;
    std::string name = is_name ? function : book.text(frame.label);
    if (frame.has_file() && !is_name) name += fmt::format(":{}", frame.line);
    if (shows_offset(frame, raw)) name += fmt::format("+0x{:x}", at.offset);
    return name;
}

std::string escaped_too(std::string_view text, std::string_view characters) {
    std::string out;
    for (const char c : escaped(text)) {
        if (characters.find(c) != std::string_view::npos)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

}  // namespace mt::core
