// SPDX-License-Identifier: MIT
//
// See heap.h. What has no amount has no line.
#include "show/text/heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "model/text.h"
#include "show/text/parts.h"

namespace mt::core {
namespace {

// Of a list that grows with the program; --json has the rest.
constexpr std::size_t kMostArenas = 8, kMostCaches = 8, kMostTroubles = 3;

std::string figures(const Amount& amount) { return format_figures(amount.size, amount.count); }

std::string line(const char* title, const Amount& amount) {
    return amount.count == 0 ? "" : fmt::format("  {}: {}\n", title, figures(amount));
}
std::string bytes_line(const char* title, std::int64_t bytes) {
    return bytes == 0 ? "" : fmt::format("  {}: size={}\n", title, format_size(bytes));
}

std::int64_t free_bytes(const HeapOfOne& one) {
    return one.binned.size + one.fast.size + one.top_bytes;
}

std::string head_text(const HeapOfOne& one) {
    const std::int64_t free = free_bytes(one), all = one.system_bytes;
    std::string text = fmt::format(
        "{}: {}\n", one.module.empty() ? "heap" : fmt::format("heap of {}", printable(one.module)),
        figures({one.used.size + one.mapped.size, one.used.count + one.mapped.count}));
    text += line("in arenas", one.used);
    text += line("with mappings of their own", one.mapped);
    text +=
        fmt::format("from the system: size={}, {} arena{}\n", format_size(all + one.mapped.size),
                    one.arenas.size(), one.arenas.size() == 1 ? "" : "s");
    text += line("kept by threads, freed", one.cached);
    if (all != 0)
        text += fmt::format("  free: size={}, {} % of the arenas, the largest {}\n",
                            format_size(free), free * 100 / all, format_size(one.largest_free));
    text += line("  in bins", one.binned);
    text += line("  in fast bins", one.fast);
    text += bytes_line("  at the arenas' ends", one.top_bytes);
    text += bytes_line("malloc's own", one.books_bytes);
    return text + bytes_line("taken from brk by others", one.gap_bytes);
}

std::string class_text(const HeapFreeClass& free) {
    return fmt::format("  {:>8} up to {}: {}\n", format_size(free.from), format_size(free.from * 2),
                       figures(free.amount));
}

std::string arena_text(const HeapArena& arena, std::size_t number) {
    return fmt::format("arena {}{}{}: {}; free {}, the largest {}\n", number,
                       number == 1 ? ", main" : "", arena.is_locked ? ", locked" : "",
                       figures(arena.used), format_size(arena.free.size),
                       format_size(arena.largest_free));
}

std::string cache_text(const HeapCache& cache) {
    return fmt::format(
        "kept by {}: {}\n",
        cache.thread == 0 ? "a thread that is not known" : fmt::format("thread {}", cache.thread),
        figures(cache.blocks));
}

std::string trouble_text(const HeapTrouble& trouble) {
    return fmt::format("{:#x}{}: {}\n", trouble.address,
                       trouble.size == 0 ? "" : fmt::format(", {}", format_size(trouble.size)),
                       printable(trouble.text));
}

template <typename Row, typename Text>
std::string rows(const std::vector<Row>& all, std::size_t most, Text text) {
    std::string out;
    for (std::size_t i = 0; i < all.size() && i < most; ++i) out += text(all[i], i);
    if (all.size() > most)
        out += fmt::format("{} other{}\n", all.size() - most, all.size() - most == 1 ? "" : "s");
    return out;
}

std::string troubles_text(const HeapOfOne& one, bool all) {
    if (one.troubles.empty()) return all ? "nothing contradicts itself\n" : "";
    std::string text = fmt::format("{} thing{} wrong:\n", one.troubles.size(),
                                   one.troubles.size() == 1 ? " is" : "s are");
    const auto row = [](const HeapTrouble& trouble, std::size_t) { return trouble_text(trouble); };
    return text + rows(one.troubles, all ? one.troubles.size() : kMostTroubles, row);
}

std::string one_text(const HeapOfOne& one, bool lists_troubles) {
    if (lists_troubles) return head_text(one) + troubles_text(one, true);
    std::string text = head_text(one);
    if (!one.free_classes.empty()) text += "free in bins, by size:\n";
    for (const HeapFreeClass& free : one.free_classes) text += class_text(free);
    text += rows(one.arenas, kMostArenas, [](const HeapArena& arena, std::size_t place) {
        return arena_text(arena, place + 1);
    });
    std::vector<HeapCache> caches;
    std::copy_if(one.caches.begin(), one.caches.end(), std::back_inserter(caches),
                 [](const HeapCache& cache) { return cache.blocks.count != 0; });
    text += rows(caches, kMostCaches,
                 [](const HeapCache& cache, std::size_t) { return cache_text(cache); });
    return text + troubles_text(one, false);
}

}  // namespace

std::string text_of(const HeapReport& report) {
    std::string text;
    for (const HeapOfOne& one : report.heaps) text += one_text(one, report.lists_troubles);
    return text + remarks_text(report.remarks);
}

}  // namespace mt::core
