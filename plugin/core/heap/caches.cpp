// SPDX-License-Identifier: MIT
//
// See caches.h.
#include "heap/caches.h"

#include <algorithm>
#include <array>
#include <map>

namespace mt::core::heap {
namespace {

constexpr std::uint64_t kSmallBins = 64;  // of a thread's cache, by size, 16 bytes apart

// tcache_perthread_struct as the versions have it: told apart by the size of its chunk.
struct Shape {
    std::uint64_t chunk;    // bytes
    std::uint64_t counter;  // bytes of each
    std::uint64_t bins;
    bool counts_down;  // from a full bin to an empty one (2.42)
    std::uint64_t entries() const { return counter * bins; }
};
constexpr std::array<Shape, 3> kShapes{{
    {0x250, 1, 64, false},  // 2.26
    {0x290, 2, 64, false},  // 2.30
    {0x300, 2, 76, true},   // 2.42
}};
constexpr std::uint64_t kMostCached = 0xffff;  // in one bin; seven unless told otherwise
constexpr std::uint64_t kTlsBytes = 4096;      // below a thread pointer, that are looked at
constexpr std::uint64_t kLook = 64;            // links of a list, to tell how it is linked

enum class Links : std::uint8_t { unknown, plain, mangled };

// The first `head`, each next one where `link` bytes of it stand.
class List {
  public:
    List(Words& words, std::vector<Walked>& segments, std::uint64_t link)
        : words_(words), segments_(segments), link_(link) {}

    std::uint64_t next(std::uint64_t node, Links links) {
        const std::uint64_t word = words_.or_zero(node + link_);
        return links == Links::mangled ? word ^ (node + link_) >> 12 : word;
    }
    // Of `size`, as a chunk of some segment; 0: of any size. `header`: bytes from the chunk to
    // the node.
    bool is_node(std::uint64_t node, std::uint64_t header, std::uint64_t size) {
        if (node % kGrain != 0 || node < header) return false;
        const Walked* segment = segment_at(segments_, node - header);
        if (segment == nullptr || !segment->chunks.is_chunk(node - header)) return false;
        return size == 0 || (words_.or_zero(node - header + 8) & ~std::uint64_t{7}) == size;
    }
    // How many nodes there are, `limit` at most; nullopt: one is none.
    std::optional<std::uint64_t> length(std::uint64_t head, Links links, std::uint64_t header,
                                        std::uint64_t size, std::uint64_t limit) {
        std::uint64_t count = 0;
        for (std::uint64_t node = head; node != 0 && count < limit; node = next(node, links)) {
            if (!is_node(node, header, size)) return std::nullopt;
            ++count;
        }
        return count;
    }

  private:
    Words& words_;
    std::vector<Walked>& segments_;
    std::uint64_t link_;
};

std::uint64_t counter_at(Words& words, std::uint64_t block, const Shape& shape, std::uint64_t bin) {
    const std::uint64_t at = block + bin * shape.counter;
    const std::uint64_t word = words.or_zero(at / 8 * 8);
    return word >> at % 8 * 8 & (shape.counter == 1 ? 0xff : 0xffff);
}

struct Candidate {
    std::uint64_t block = 0;
    const Shape* shape = nullptr;
    std::uint64_t count = 0;  // of blocks that are kept
    Links links = Links::unknown;
    std::uint64_t full = 0;  // what a bin can take, where it counts down
};

class Finder {
  public:
    Finder(Words& words, const Books& books, std::vector<Walked>& segments,
           const Interrupted& interrupted)
        : words_(words),
          books_(books),
          segments_(segments),
          interrupted_(interrupted),
          cached_(words, segments, 0),
          fast_(words, segments, kHeader) {}

    Result<Caches> find(const std::vector<ThreadPointer>& threads);

  private:
    std::optional<Candidate> candidate(std::uint64_t chunk);
    bool agrees(Candidate& candidate, Links links);
    std::uint64_t count_in(const Candidate& candidate, std::uint64_t bin);
    std::uint64_t head_of(const Candidate& candidate, std::uint64_t bin) {
        return words_.or_zero(candidate.block + candidate.shape->entries() + bin * 8);
    }
    Result<std::vector<Candidate>> candidates();
    void name_threads(const std::vector<Candidate>& all, const std::vector<ThreadPointer>& threads);
    bool is_first_of_arena(std::uint64_t block) const;
    Result<void> take(const Candidate& candidate);
    Result<void> take_fast(std::size_t arena);
    void vote_for_fast();

    Words& words_;
    const Books& books_;
    std::vector<Walked>& segments_;
    const Interrupted& interrupted_;
    List cached_, fast_;
    Links links_ = Links::unknown;
    std::map<std::uint64_t, std::uint32_t> owners_;  // by the cache's block
    Caches found_;
};

std::uint64_t Finder::count_in(const Candidate& candidate, std::uint64_t bin) {
    const std::uint64_t counter = counter_at(words_, candidate.block, *candidate.shape, bin);
    return candidate.shape->counts_down ? candidate.full - counter : counter;
}

// Each bin has as many blocks as it says, all of its size, if lists are linked this way.
bool Finder::agrees(Candidate& candidate, Links links) {
    candidate.count = 0;
    for (std::uint64_t bin = 0; bin < candidate.shape->bins; ++bin) {
        const std::uint64_t count = count_in(candidate, bin), head = head_of(candidate, bin);
        if (count > kMostCached || (head == 0) != (count == 0)) return false;
        // Of the large ones each bin has many sizes, and mappings of their own among them.
        if (bin >= kSmallBins) continue;
        const auto length = cached_.length(head, links, kHeader, (bin + 2) * kGrain, count + 1);
        if (!length || *length != count) return false;
        candidate.count += count;
    }
    return true;
}

std::optional<Candidate> Finder::candidate(std::uint64_t chunk) {
    const std::uint64_t size = words_.or_zero(chunk + 8) & ~std::uint64_t{7};
    Candidate candidate;
    candidate.block = chunk + kHeader;
    for (const Shape& shape : kShapes)
        if (shape.chunk == size) candidate.shape = &shape;
    if (candidate.shape == nullptr) return std::nullopt;
    if (candidate.shape->counts_down) {
        for (std::uint64_t bin = 0; bin < candidate.shape->bins; ++bin)
            candidate.full = std::max(candidate.full,
                                      counter_at(words_, candidate.block, *candidate.shape, bin));
        if (candidate.full == 0) return std::nullopt;
    }
    for (const Links links : {Links::mangled, Links::plain}) {
        if (!agrees(candidate, links)) continue;
        if (candidate.count != 0) candidate.links = links;
        return candidate;
    }
    return std::nullopt;
}

Result<std::vector<Candidate>> Finder::candidates() {
    Stride stop(interrupted_);
    std::vector<Candidate> all;
    for (const Walked& segment : segments_) {
        for (const std::uint64_t chunk : segment.cache_sized) {
            if (stop()) return interrupted_error();
            if (!segment.chunks.is_used(chunk)) continue;
            if (const auto one = candidate(chunk)) all.push_back(*one);
        }
    }
    std::size_t mangled = 0, plain = 0;
    for (const Candidate& one : all) {
        mangled += one.links == Links::mangled ? 1 : 0;
        plain += one.links == Links::plain ? 1 : 0;
    }
    if (mangled + plain != 0) links_ = mangled >= plain ? Links::mangled : Links::plain;
    return all;
}

// One distance from the thread pointer holds for all threads: that at which most of them have
// a cache that is one without doubt.
void Finder::name_threads(const std::vector<Candidate>& all,
                          const std::vector<ThreadPointer>& threads) {
    std::map<std::uint64_t, bool> blocks;  // is there anything in it?
    for (const Candidate& one : all) blocks[one.block] = one.count != 0;
    std::map<std::uint64_t, std::size_t> votes;  // by distance
    for (const ThreadPointer& thread : threads) {
        for (std::uint64_t below = 8; below <= kTlsBytes && below < thread.address; below += 8) {
            const auto found = blocks.find(words_.or_zero(thread.address - below));
            if (found != blocks.end()) votes[below] += found->second ? 1000 : 1;
        }
    }
    const auto best =
        std::max_element(votes.begin(), votes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == votes.end()) return;
    for (const ThreadPointer& thread : threads) {
        const std::uint64_t block = words_.or_zero(thread.address - best->first);
        if (blocks.count(block) != 0) owners_[block] = thread.number;
    }
}

// So it was up to 2.41, where a thread's first malloc makes its cache before anything else.
bool Finder::is_first_of_arena(std::uint64_t block) const {
    const Walked* segment = segment_at(segments_, block);
    return segment != nullptr && segment->chunks.start() + kHeader == block;
}

Result<void> Finder::take(const Candidate& candidate) {
    Stride stop(interrupted_);
    ThreadCache cache{candidate.block, 0, 0, 0};
    const auto owner = owners_.find(candidate.block);
    if (owner != owners_.end()) cache.thread = owner->second;
    const Links links = candidate.links != Links::unknown ? candidate.links : links_;
    for (std::uint64_t bin = 0; bin < candidate.shape->bins; ++bin) {
        const std::uint64_t count = count_in(candidate, bin);
        std::uint64_t node = head_of(candidate, bin);
        for (std::uint64_t i = 0; i < count && node != 0; ++i) {
            if (stop()) return interrupted_error();
            Walked* segment = segment_at(segments_, node - kHeader);
            if (segment == nullptr || !segment->chunks.is_chunk(node - kHeader)) break;
            if (segment->chunks.is_kept(node - kHeader)) {
                found_.broken.push_back(
                    {candidate.block + candidate.shape->entries() + bin * 8, node});
                break;
            }
            segment->chunks.keep(node - kHeader);
            ++cache.count;
            cache.bytes += words_.or_zero(node - 8) & ~std::uint64_t{7};
            found_.entries.push_back({node, static_cast<std::uint32_t>(found_.threads.size())});
            node = cached_.next(node, links);
        }
    }
    segment_at(segments_, candidate.block)->chunks.name(candidate.block - kHeader, State::cache);
    found_.threads.push_back(cache);
    return {};
}

// Where no cache has told: by the beginnings of the lists themselves.
void Finder::vote_for_fast() {
    std::array<std::size_t, 2> votes{};
    for (const Arena& arena : books_.arenas) {
        for (std::uint64_t bin = 0; bin < Layout::kFastBins; ++bin) {
            const std::uint64_t head =
                words_.or_zero(arena.address + books_.layout.fast_bins() + bin * 8);
            const std::uint64_t size = (bin + 2) * kGrain;
            if (head == 0) continue;
            if (fast_.length(head, Links::plain, 0, size, kLook)) ++votes[0];
            if (fast_.length(head, Links::mangled, 0, size, kLook)) ++votes[1];
        }
    }
    if (votes[0] != votes[1]) links_ = votes[1] > votes[0] ? Links::mangled : Links::plain;
}

Result<void> Finder::take_fast(std::size_t arena) {
    Stride stop(interrupted_);
    for (std::uint64_t bin = 0; bin < Layout::kFastBins; ++bin) {
        const std::uint64_t head =
            books_.arenas[arena].address + books_.layout.fast_bins() + bin * 8;
        const std::uint64_t size = (bin + 2) * kGrain;
        std::uint64_t last = 0;
        for (std::uint64_t node = words_.or_zero(head); node != 0;
             last = node, node = fast_.next(node, links_)) {
            if (stop()) return interrupted_error();
            Walked* segment = segment_at(segments_, node);
            if (segment == nullptr || !fast_.is_node(node, 0, size) ||
                segment->chunks.is_kept(node)) {
                found_.broken.push_back({head, last});
                break;
            }
            segment->chunks.keep(node);
            ++found_.fast_count[arena];
            found_.fast_bytes[arena] += size;
        }
    }
    return {};
}

Result<Caches> Finder::find(const std::vector<ThreadPointer>& threads) {
    found_.fast_count.resize(books_.arenas.size());
    found_.fast_bytes.resize(books_.arenas.size());
    const std::vector<Candidate> all = MT_TRY(candidates());
    name_threads(all, threads);
    for (const Candidate& one : all) {
        const bool is_one = one.count != 0 || one.shape->counts_down ||
                            owners_.count(one.block) != 0 || is_first_of_arena(one.block);
        if (is_one) MT_TRY(take(one));
    }
    if (books_.layout.fast_bins() != 0) {
        if (links_ == Links::unknown) vote_for_fast();
        for (std::size_t arena = 0; arena < books_.arenas.size(); ++arena) MT_TRY(take_fast(arena));
    }
    std::sort(found_.entries.begin(), found_.entries.end(),
              [](const Caches::Entry& a, const Caches::Entry& b) { return a.block < b.block; });
    return std::move(found_);
}

}  // namespace

const Walked* segment_at(const std::vector<Walked>& segments, std::uint64_t address) {
    const auto next = std::upper_bound(
        segments.begin(), segments.end(), address,
        [](std::uint64_t at, const Walked& one) { return at < one.chunks.start(); });
    if (next == segments.begin() || address >= std::prev(next)->chunks.end()) return nullptr;
    return &*std::prev(next);
}
Walked* segment_at(std::vector<Walked>& segments, std::uint64_t address) {
    return const_cast<Walked*>(segment_at(std::as_const(segments), address));
}

Result<Caches> find_caches(Words& words, const Books& books, std::vector<Walked>& segments,
                           const std::vector<ThreadPointer>& threads,
                           const Interrupted& interrupted) {
    return Finder(words, books, segments, interrupted).find(threads);
}

}  // namespace mt::core::heap
