// SPDX-License-Identifier: MIT
//
// See arenas.h.
#include "heap/arenas.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

namespace mt::core::heap {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kBin = 16;  // bytes: forwards, backwards
// One bin may be half linked when the process was stopped.
constexpr std::size_t kMostOdd = 1;
// Below the bins a malloc_state has top, what was split last, and up to 13 words more.
constexpr std::uint64_t kLeastHead = 0x10, kMostHead = 0x90;
constexpr std::size_t kMostArenas = 1u << 16;
constexpr std::uint64_t kMostData = std::uint64_t{64} << 20;  // bytes of one mapping

// A run of words, and the heap behind it: a bin that is not empty leads to a chunk there.
class Bins {
  public:
    Bins(std::uint64_t address, std::span<const std::uint64_t> words, Words& heap)
        : address_(address), words_(words), heap_(heap) {}

    bool is_empty_bin(std::uint64_t at) const {
        return word(at) == at - kBin && word(at + kWord) == at - kBin;
    }
    bool is_bin(std::uint64_t at) const {
        if (is_empty_bin(at)) return true;
        const auto first = word(at), last = word(at + kWord);
        if (!first || !last || *first % kBin != 0 || *last % kBin != 0) return false;
        return heap_.or_zero(*first + 24) == at - kBin && heap_.or_zero(*last + 16) == at - kBin;
    }

  private:
    std::optional<std::uint64_t> word(std::uint64_t at) const {
        const std::uint64_t index = (at - address_) / kWord;
        if (at < address_ || index >= words_.size()) return std::nullopt;
        return words_[static_cast<std::size_t>(index)];
    }

    std::uint64_t address_;
    std::span<const std::uint64_t> words_;
    Words& heap_;
};

struct Run {
    std::uint64_t first = 0;
    std::size_t count = 0;
};

// As many bins as there are around `at`, an odd one between two others among them.
Run run_around(const Bins& bins, std::uint64_t at) {
    Run run{at, 1};
    std::size_t odd = 0;
    const auto goes_on = [&](std::uint64_t next, std::uint64_t behind) {
        if (bins.is_bin(next)) return true;
        return odd < kMostOdd && bins.is_bin(behind) && ++odd != 0;
    };
    while (run.count <= Layout::kBins && goes_on(run.first - kBin, run.first - 2 * kBin)) {
        run.first -= kBin;
        ++run.count;
    }
    std::uint64_t end = run.first + run.count * kBin;
    while (run.count <= Layout::kBins && goes_on(end, end + kBin)) {
        end += kBin;
        ++run.count;
    }
    return run;
}

std::vector<Run> runs_in(std::uint64_t address, std::span<const std::uint64_t> words, Words& heap) {
    const Bins bins(address, words, heap);
    std::vector<Run> runs;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::uint64_t at = address + i * kWord;
        if (!bins.is_empty_bin(at)) continue;
        const Run run = run_around(bins, at);
        // All of them, or one at an end that was in flux.
        if (run.count == Layout::kBins || run.count + 1 == Layout::kBins) {
            runs.push_back(run);
            i = static_cast<std::size_t>((run.first + run.count * kBin - address) / kWord) - 1;
        }
    }
    return runs;
}

// The ring of arenas from the one whose bins are there, if they begin `head` behind its
// beginning; empty: it does not close.
std::vector<std::uint64_t> ring(Words& words, std::uint64_t bins, std::uint64_t head) {
    const Layout layout{head};
    const std::uint64_t main = bins - head;
    std::vector<std::uint64_t> arenas{main};
    for (std::uint64_t at = words.or_zero(main + layout.next()); at != main;
         at = words.or_zero(at + layout.next())) {
        if (at == 0 || at % kWord != 0 || arenas.size() >= kMostArenas) return {};
        arenas.push_back(at);
    }
    // A ring that bites elsewhere never comes back to its beginning: bounded by its length.
    return arenas;
}

Arena arena_at(Words& words, std::uint64_t address, const Layout& layout) {
    Arena arena;
    arena.address = address;
    arena.top = words.or_zero(address + layout.top());
    arena.system_bytes = words.or_zero(address + layout.system_bytes());
    arena.is_locked = (words.or_zero(address) & 0xffffffff) != 0;  // a lock, then flags
    return arena;
}

bool is_sound(Words& words, std::uint64_t arena, const Layout& layout) {
    const std::uint64_t now = words.or_zero(arena + layout.system_bytes());
    const std::uint64_t most = words.or_zero(arena + layout.most_system_bytes());
    return now <= most;
}

// Who closes the ring is it; with one arena that is who points to itself.
std::optional<Books> books_at(Words& words, std::uint64_t bins) {
    for (std::uint64_t head = kLeastHead; head <= kMostHead; head += kWord) {
        const std::vector<std::uint64_t> arenas = ring(words, bins, head);
        if (arenas.empty()) continue;
        Books books;
        books.layout.bins = head;
        const bool sound = std::all_of(arenas.begin(), arenas.end(), [&](std::uint64_t arena) {
            return is_sound(words, arena, books.layout);
        });
        if (!sound) continue;
        for (const std::uint64_t arena : arenas)
            books.arenas.push_back(arena_at(words, arena, books.layout));
        return books;
    }
    return std::nullopt;
}

bool names_libc(const Mapping& mapping) {
    const auto name = std::string_view(mapping.path).substr(mapping.path.rfind('/') + 1);
    return name.starts_with("libc.") || name.starts_with("libc-");
}

// Data of files, libc's first; all that can be written where nobody says what is whose.
std::vector<const Mapping*> where_to_look(const std::vector<Mapping>& mappings) {
    const bool named = std::any_of(mappings.begin(), mappings.end(), [](const Mapping& mapping) {
        return mapping.path.starts_with("/");
    });
    std::vector<const Mapping*> places;
    for (const Mapping& mapping : mappings) {
        if (!mapping.writable || mapping.shared || mapping.end - mapping.start > kMostData)
            continue;
        if (!named || mapping.path.starts_with("/")) places.push_back(&mapping);
    }
    std::stable_partition(places.begin(), places.end(),
                          [](const Mapping* mapping) { return names_libc(*mapping); });
    return places;
}

}  // namespace

Result<std::vector<Books>> find_books(Words& words, const std::vector<Mapping>& mappings,
                                      const ReadFunction& read, const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::vector<Books> found;
    std::vector<std::uint64_t> data;
    for (const Mapping* mapping : where_to_look(mappings)) {
        if (stop()) return interrupted_error();
        data.resize(static_cast<std::size_t>((mapping->end - mapping->start) / kWord));
        const std::size_t got = MT_TRY(read(mapping->start, data.data(), data.size() * kWord));
        data.resize(got / kWord);
        for (const Run& run : runs_in(mapping->start, data, words)) {
            std::optional<Books> books = books_at(words, run.first);
            if (!books && run.count < Layout::kBins) books = books_at(words, run.first - kBin);
            if (!books) continue;
            books->module = mapping->path;
            books->data = {mapping->start, mapping->end};
            found.push_back(std::move(*books));
        }
    }
    return found;
}

}  // namespace mt::core::heap
