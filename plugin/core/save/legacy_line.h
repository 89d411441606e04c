// SPDX-License-Identifier: MIT
//
// The kinds of lines that heap profiles in text have, taken apart. Keeps nothing.
#ifndef MEMTRACE_CORE_SAVE_LEGACY_LINE_H
#define MEMTRACE_CORE_SAVE_LEGACY_LINE_H

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "save/profile_columns.h"

namespace mt::core {

// "12: 34 [56: 78] …": live count and size, allocated count and size; `rest` is
// what stands behind.
struct LegacyFigures {
    SampleFigures figures;
    std::string_view rest;
};
std::optional<LegacyFigures> legacy_figures(std::string_view line);

// "@ 0x1 0x2"
std::optional<std::vector<std::uint64_t>> legacy_stack(std::string_view line);

// "7f00-7f10 r-xp 00001000 fe:00 123   /lib/x.so"
struct LegacyMapping {
    std::uint64_t start = 0, end = 0, offset = 0;
    std::string_view path;
};
std::optional<LegacyMapping> legacy_mapping(std::string_view line);

// "0x12 function--inlined"
struct LegacySymbol {
    std::uint64_t address = 0;
    std::vector<std::string_view> names;  // innermost first
};
std::optional<LegacySymbol> legacy_symbol(std::string_view line);

// What a header says of how the figures were sampled.
struct LegacyHeader {
    std::string_view kind;    // "heap", "heapprofile", "heap_v2", …
    std::uint64_t rate = 0;   // mean bytes between samples; 0 or 1 = each allocation
    bool per_thread = false;  // jemalloc: figures stand in lines of their own, by thread
};
std::optional<LegacyHeader> legacy_header(std::string_view line);

std::string_view stripped_line(std::string_view line);

}  // namespace mt::core

#endif
