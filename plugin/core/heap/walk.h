// SPDX-License-Identifier: MIT
//
// The chunks of one segment, from its first to its end, by the sizes in their headers
// (malloc/malloc.c, "malloc_chunk"). A header that cannot be true ends nothing: the walk goes
// on where a chain of chunks fits together again, and says what it left out. Knows no list of
// free chunks: what is in use here may be kept in one (caches.h).
#ifndef MEMTRACE_CORE_HEAP_WALK_H
#define MEMTRACE_CORE_HEAP_WALK_H

#include <cstdint>
#include <vector>

#include "heap/chunk_map.h"
#include "heap/segments.h"
#include "heap/words.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core::heap {

enum class Trouble : std::uint8_t {
    size,        // no size that a chunk can have
    unreadable,  // memory that is not there
};

struct Damage {
    Trouble trouble = Trouble::size;
    std::uint64_t address = 0, size = 0;  // what was left out
    std::uint64_t word = 0;               // what stands where a size should
    std::uint64_t before = 0;             // the chunk that led there; 0 = none
};

struct Walked {
    std::size_t arena = 0;
    std::uint64_t header_bytes = 0;  // of books and for alignment, before the first chunk
    ChunkMap chunks;
    std::vector<Damage> damages;
    // Chunks of the sizes that a thread's cache may have.
    std::vector<std::uint64_t> cache_sized;
};

class Walker {
  public:
    // `words`: for what comes in order; `near`: for looks ahead.
    Walker(Words& words, Words& near, const Interrupted& interrupted)
        : words_(words), near_(near), interrupted_(interrupted) {}

    // O(bytes of the segment). Errors: interrupted only.
    Result<Walked> walk(const Segment& segment, std::uint64_t top);

  private:
    struct Header {
        std::uint64_t previous_size, size;
        bool previous_used, mapped;
    };
    bool header_at(Words& words, std::uint64_t at, Header& header) const;
    bool is_chunk(const Header& header, std::uint64_t at) const;
    bool follows(const Header& header, std::uint64_t size_before) const;
    bool is_fence(const Header& header, std::uint64_t at, bool is_second) const;
    Result<std::uint64_t> where_it_goes_on(std::uint64_t from);
    bool is_chain(std::uint64_t at);
    Result<std::uint64_t> skip(std::uint64_t at, State state, Damage damage, Walked& walked);

    Words& words_;
    Words& near_;
    const Interrupted& interrupted_;
    Segment segment_;
    std::uint64_t top_ = 0;
};

}  // namespace mt::core::heap

#endif
