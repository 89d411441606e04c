// SPDX-License-Identifier: MIT
//
// A snapshot for other people's viewers: folded stacks, speedscope, CSV. One way
// only; what comes back again is a profile (save.h). Names are the traced
// program's: in each format they can be text and nothing else.
#ifndef MEMTRACE_CORE_SAVE_EXPORT_H
#define MEMTRACE_CORE_SAVE_EXPORT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/frames.h"
#include "analyse/skip.h"
#include "model/error.h"
#include "save/save.h"
#include "symbols/symboliser.h"

namespace mt::core {

// All that is known of one traceback in one domain.
struct ExportRow {
    std::vector<TraceFrame> frames;  // most recent first; never empty
    std::uint32_t domain = 0;
    std::int64_t size = 0, count = 0;
    std::uint64_t total_size = 0, total_count = 0;
    std::int64_t peak_size = 0, peak_count = 0;
    std::uint64_t temporary_count = 0;
};

// Whole stacks as recorded, however many frames reports show. Largest first.
Result<std::vector<ExportRow>> export_rows(Resolver& resolver, SkipRules& skip, bool raw,
                                           const Interrupted& interrupted);

// Outermost frame first, joined by ';', and the live bytes (Brendan Gregg's format).
Result<void> export_folded(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                           const Sink& sink);
// https://www.speedscope.app/file-format-schema.json
Result<void> export_speedscope(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                               const std::string& name, const Sink& sink);
// RFC 4180
Result<void> export_csv(const std::vector<ExportRow>& rows, const FrameBook& book, bool raw,
                        const Sink& sink);

// What a viewer shows of a frame: the function, else the place. `raw`: with the
// offset where no line is known.
std::string export_name(const FrameBook& book, const TraceFrame& frame, bool raw);
// model/text.h's escaped(), and these characters as \xNN as well.
std::string escaped_too(std::string_view text, std::string_view characters);

}  // namespace mt::core

#endif
