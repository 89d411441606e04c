// SPDX-License-Identifier: MIT
//
// See walk.h.
#include "heap/walk.h"

#include <utility>

namespace mt::core::heap {
namespace {

constexpr std::uint64_t kPreviousInUse = 1, kMapped = 2, kFlags = 7;
// So many chunks that fit together are no accident.
constexpr int kChain = 32;

bool may_be_cache(std::uint64_t size) { return size == 0x250 || size == 0x290 || size == 0x300; }

}  // namespace

bool Walker::header_at(Words& words, std::uint64_t at, Header& header) const {
    const auto previous = words.at(at), word = words.at(at + 8);
    if (!previous || !word) return false;
    header = {*previous, *word & ~kFlags, (*word & kPreviousInUse) != 0, (*word & kMapped) != 0};
    return true;
}

bool Walker::is_chunk(const Header& header, std::uint64_t at) const {
    const bool fits =
        header.size >= kSmallest && header.size % kGrain == 0 && header.size <= segment_.end - at;
    // Nothing stands behind top, and top is where the arena says.
    const bool ends = header.size == segment_.end - at;
    const bool covers_top = at < top_ && header.size > top_ - at;
    if (segment_.has_top && (covers_top || (ends && at != top_))) return false;
    return fits && !header.mapped;
}

// A chunk that is free repeats its size at its end.
bool Walker::follows(const Header& header, std::uint64_t size_before) const {
    return header.previous_used || size_before == 0 || header.previous_size == size_before;
}

// Two of 16 bytes before memory that is another's sbrk; one, and a header of no size, where a
// heap is full.
bool Walker::is_fence(const Header& header, std::uint64_t at, bool is_second) const {
    const bool is_main = segment_.arena == 0;
    if (header.size == 0) return !is_main && at + kGrain == segment_.end;
    if (header.size != kGrain || !is_main || is_second) return header.size == kGrain;
    Header next{};
    return header_at(near_, at + kGrain, next) && next.size == kGrain;
}

bool Walker::is_chain(std::uint64_t at) {
    std::uint64_t before = 0;
    for (int i = 0; i < kChain; ++i) {
        if (at == top_ && segment_.has_top) return true;
        if (at >= segment_.end) return i != 0 && at == segment_.end && !segment_.has_top;
        Header header{};
        if (!header_at(near_, at, header) || !follows(header, before)) return false;
        if (i != 0 && is_fence(header, at, false)) return true;
        if (!is_chunk(header, at)) return false;
        before = header.size;
        at += header.size;
    }
    return true;
}

Result<std::uint64_t> Walker::where_it_goes_on(std::uint64_t from) {
    Stride stop(interrupted_);
    for (std::uint64_t at = from; at + kGrain <= segment_.end; at += kGrain) {
        if (stop()) return interrupted_error();
        if (is_chain(at)) return at;
    }
    return segment_.end;
}

// Past what is no chunk. Where it ends.
Result<std::uint64_t> Walker::skip(std::uint64_t at, State state, Damage damage, Walked& walked) {
    const std::uint64_t end = MT_TRY(where_it_goes_on(at + kGrain));
    walked.chunks.name(at, state);
    if (state == State::damaged) {
        damage.address = at;
        damage.size = end - at;
        walked.damages.push_back(damage);
    }
    return end;
}

Result<Walked> Walker::walk(const Segment& segment, std::uint64_t top) {
    segment_ = segment;
    top_ = top;
    Walked walked{
        segment.arena, segment.first - segment.start, ChunkMap(segment.first, segment.end), {}, {}};
    Stride stop(interrupted_);
    std::uint64_t before = 0, size_before = 0;  // the last chunk; 0: none that is sure
    int fences = 0;
    for (std::uint64_t at = segment.first; at < segment.end;) {
        if (stop()) return interrupted_error();
        Header header{};
        if (!header_at(words_, at, header)) {
            at = MT_TRY(skip(at, State::damaged, {Trouble::unreadable, 0, 0, 0, before}, walked));
            before = size_before = 0, fences = 0;
            continue;
        }
        const bool good = follows(header, size_before);
        if (good && is_fence(header, at, fences == 1)) {
            if (before != 0 && header.previous_used) walked.chunks.use(before);
            walked.chunks.name(at, State::fence);
            at += kGrain;
            before = size_before = 0;
            if (++fences < 2 || segment.arena != 0 || at >= segment.end) continue;
            if (!is_chain(at)) at = MT_TRY(skip(at, State::gap, {}, walked));
            fences = 0;
            continue;
        }
        if (!good || !is_chunk(header, at)) {
            // Nobody says whether it is in use: so it may be.
            if (before != 0) walked.chunks.use(before);
            const Damage damage{Trouble::size, 0, 0, words_.or_zero(at + 8), before};
            at = MT_TRY(skip(at, State::damaged, damage, walked));
            before = size_before = 0, fences = 0;
            continue;
        }
        if (before != 0 && header.previous_used) walked.chunks.use(before);
        walked.chunks.begin(at);
        if (may_be_cache(header.size)) walked.cache_sized.push_back(at);
        if (at == top && segment.has_top) walked.chunks.name(at, State::top);
        before = at, size_before = header.size, fences = 0;
        at += header.size;
    }
    return walked;
}

}  // namespace mt::core::heap
