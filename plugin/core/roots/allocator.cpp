// SPDX-License-Identifier: MIT
//
// See allocator.h.
#include "roots/allocator.h"

#include <algorithm>
#include <string>

namespace mt::core {
namespace {

using Blocks = std::vector<graph::Extent>;

constexpr std::uint64_t kMapped = 2;      // IS_MMAPPED: a mapping of its own
constexpr std::uint64_t kOtherArena = 4;  // NON_MAIN_ARENA
constexpr std::uint64_t kFlags = 7;
constexpr std::uint64_t kHeader = 8;         // bytes that a chunk takes for itself
constexpr std::uint64_t kLargestGap = 4096;  // of a chunk, beyond what was asked for
// Of an arena that is not the main one (arena.c, HEAP_MAX_SIZE): aligned to its size, all of
// it reserved at once, so nothing else is in it.
constexpr std::uint64_t kArena = std::uint64_t{64} << 20;
constexpr std::uint64_t kPage = 4096;
constexpr int kLooks = 64;  // at blocks of a mapping

enum class Chunk : std::uint8_t { unknown, impossible, mapped, main_arena, other_arena };

Result<Chunk> chunk_of(Memory& memory, const graph::Extent& block) {
    std::uint64_t header = 0;
    const std::size_t got = MT_TRY(memory.read(block.address - kHeader, &header, sizeof header));
    if (got != sizeof header) return Chunk::unknown;
    const std::uint64_t size = header & ~kFlags;
    const bool fits = size >= block.size + kHeader &&
                      (size - block.size <= kLargestGap || (header & kMapped) != 0);
    if (!fits) return Chunk::impossible;
    if ((header & kMapped) != 0) return Chunk::mapped;
    return (header & kOtherArena) != 0 ? Chunk::other_arena : Chunk::main_arena;
}

// What the first block of the mapping is that has no mapping of its own.
Result<Chunk> first_in_heap(Memory& memory, const Mapping& mapping, const Blocks& blocks) {
    auto block = std::lower_bound(
        blocks.begin(), blocks.end(), mapping.start,
        [](const graph::Extent& one, std::uint64_t address) { return one.address < address; });
    Chunk chunk = Chunk::unknown;
    for (int i = 0; i < kLooks && block != blocks.end() && block->address < mapping.end; ++i) {
        if (block->address < mapping.start + kHeader) {
            ++block;
            continue;
        }
        chunk = MT_TRY(chunk_of(memory, *block++));
        if (chunk == Chunk::main_arena || chunk == Chunk::other_arena) break;
    }
    return chunk;
}

// The first memory of nobody's file above the program is what brk has given: the kernel puts
// nothing else between them.
bool is_brk_heap(const std::vector<Mapping>& mappings, const Mapping& mapping,
                 std::uint64_t program_end) {
    if (mapping.path == "[heap]") return true;
    if (!mapping.path.empty() || program_end == 0) return false;
    const std::uint64_t page_end = (program_end + kPage - 1) / kPage * kPage;
    const auto first = std::find_if(mappings.begin(), mappings.end(), [&](const Mapping& one) {
        return one.end > page_end && one.writable;
    });
    return first != mappings.end() && first->start == mapping.start;
}

// malloc_state: lock, flags and fast bins, then the top chunk, what was split last, and the bins.
constexpr std::uint64_t kBins = 112, kBinCount = 127, kNextArena = 2160;
constexpr std::uint64_t kArenaBytes = 2200;
constexpr std::uint64_t kBin = 16;  // bytes: forwards, backwards
constexpr std::size_t kFewestEmpty = 32;
constexpr std::uint64_t kMostData = 1u << 20;  // bytes of libc that are looked at
// A heap begins with heap_info, then comes its arena: in the first page of the arena's 64 MiB.
bool may_be_arena(std::uint64_t address) { return address != 0 && address % kArena < 4096; }

Result<MemoryRegion> find_books(Memory& memory, const std::vector<Mapping>& mappings) {
    std::vector<std::uint64_t> words;
    for (const Mapping& mapping : mappings) {
        const std::uint64_t size = mapping.end - mapping.start;
        const bool is_libc = mapping.path.find("libc") != std::string::npos;
        if (!mapping.writable || !is_libc || size > kMostData) continue;
        words.resize(static_cast<std::size_t>(size / 8));
        const std::size_t got = MT_TRY(memory.read(mapping.start, words.data(), words.size() * 8));
        words.resize(got / 8);
        const MemoryRegion books = main_arena_in(mapping.start, words);
        if (books.end != 0) return books;
    }
    return MemoryRegion{};
}

}  // namespace

MemoryRegion main_arena_in(std::uint64_t address, std::span<const std::uint64_t> words) {
    const auto word = [&](std::uint64_t at) {
        const std::uint64_t index = (at - address) / 8;
        return at >= address && index < words.size() ? words[static_cast<std::size_t>(index)] : 0;
    };
    const auto is_empty_bin = [&](std::uint64_t at) {
        return word(at) == at - kBin && word(at + 8) == at - kBin;
    };
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < words.size() && first == 0; ++i)
        if (is_empty_bin(address + i * 8)) first = address + i * 8;
    if (first == 0) return {};
    // It may be any of the bins: those before it have chunks.
    for (std::uint64_t bin = 0; bin < kBinCount; ++bin) {
        const std::uint64_t arena = first - kBins - bin * kBin;
        const std::uint64_t next = word(arena + kNextArena);
        if (next != arena && !may_be_arena(next)) continue;
        std::size_t empty = 0;
        for (std::uint64_t i = 0; i < kBinCount; ++i)
            empty += is_empty_bin(arena + kBins + i * kBin) ? 1 : 0;
        if (empty >= kFewestEmpty) return {arena, arena + kArenaBytes};
    }
    return {};
}

Result<AllocatorMemory> allocator_memory(Memory& memory, const std::vector<Mapping>& mappings,
                                         const Blocks& blocks, std::uint64_t program_end) {
    AllocatorMemory found;
    for (const Mapping& mapping : mappings) {
        if (!mapping.writable) continue;
        const Chunk chunk = MT_TRY(first_in_heap(memory, mapping, blocks));
        if (chunk == Chunk::impossible) found.known = false;
        if (chunk == Chunk::main_arena && is_brk_heap(mappings, mapping, program_end))
            found.heaps.push_back({mapping.start, mapping.end});
        // What lies before the arena in one mapping is another's.
        if (chunk == Chunk::other_arena)
            found.heaps.push_back(
                {std::max(mapping.start, (mapping.end - 1) / kArena * kArena), mapping.end});
    }
    if (!found.known) found.heaps.clear();
    const MemoryRegion books = MT_TRY(find_books(memory, mappings));
    if (books.end != 0) found.books.push_back(books);
    found.heaps = ranges_of(std::move(found.heaps));
    return found;
}

}  // namespace mt::core
