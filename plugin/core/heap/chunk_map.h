// SPDX-License-Identifier: MIT
//
// One run of chunks without a hole in between, as three bits for each 16 bytes of it: a chunk
// begins here, it is in use, it is kept for the next malloc of its size. So a heap of twenty
// million chunks takes some tens of megabytes here. Reads nothing.
#ifndef MEMTRACE_CORE_HEAP_CHUNK_MAP_H
#define MEMTRACE_CORE_HEAP_CHUNK_MAP_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mt::core::heap {

inline constexpr std::uint64_t kGrain = 16;   // chunks begin at multiples of it
inline constexpr std::uint64_t kHeader = 16;  // from a chunk's address to its block's
inline constexpr std::uint64_t kSmallest = 32;

enum class State : std::uint8_t {
    used,     // somebody has it
    kept,     // freed, in a fast bin or a thread's cache
    binned,   // freed
    top,      // the end of an arena's memory, never given out
    cache,    // malloc's own: what a thread keeps
    fence,    // glibc's own mark at an end
    gap,      // memory of somebody else's sbrk
    damaged,  // what its header says cannot be
};

struct Chunk {
    std::uint64_t address = 0, size = 0;
    State state = State::used;
    // Of what malloc gave out, and how much it may hold.
    std::uint64_t block() const { return address + kHeader; }
    std::uint64_t capacity() const { return size - kHeader / 2; }
};

class ChunkMap {
  public:
    // Of the chunks from `start` up to `end`, both multiples of 16.
    ChunkMap(std::uint64_t start, std::uint64_t end);

    std::uint64_t start() const { return start_; }
    std::uint64_t end() const { return end_; }

    // In any order; a chunk ends where the next one begins.
    void begin(std::uint64_t at) { set(begins_, at); }
    void use(std::uint64_t at) { set(used_, at); }
    void keep(std::uint64_t at) { set(kept_, at); }
    // The piece from `at` on is no chunk that malloc gives out.
    void name(std::uint64_t at, State state);

    bool is_chunk(std::uint64_t at) const { return holds(at) && test(begins_, at); }
    bool is_used(std::uint64_t at) const { return test(used_, at); }
    bool is_kept(std::uint64_t at) const { return test(kept_, at); }
    // The one that has the byte at `address`.
    std::optional<Chunk> at(std::uint64_t address) const;
    // The first that begins at or behind `address`.
    std::optional<Chunk> from(std::uint64_t address) const;

  private:
    using Bits = std::vector<std::uint64_t>;
    struct Named {
        std::uint64_t address;
        State state;
    };
    std::size_t place(std::uint64_t at) const {
        return static_cast<std::size_t>((at - start_) / kGrain);
    }
    bool holds(std::uint64_t at) const { return at >= start_ && at < end_ && at % kGrain == 0; }
    void set(Bits& bits, std::uint64_t at) {
        bits[place(at) / 64] |= std::uint64_t{1} << place(at) % 64;
    }
    bool test(const Bits& bits, std::uint64_t at) const {
        return (bits[place(at) / 64] >> place(at) % 64 & 1) != 0;
    }
    Chunk chunk_at(std::uint64_t at) const;
    std::uint64_t next_begin(std::uint64_t at) const;

    std::uint64_t start_, end_;
    Bits begins_, used_, kept_;
    std::vector<Named> named_;  // ascending; few
};

}  // namespace mt::core::heap

#endif
