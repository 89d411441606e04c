// SPDX-License-Identifier: MIT
//
// One pass over a table in foreign memory: bulk reads, the first error, what
// was found missing, and which bytes have been used already. Knows no layout.
#ifndef MEMTRACE_CORE_READ_READING_H
#define MEMTRACE_CORE_READ_READING_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

// Functions return false once the pass has failed; error() then says why. They run for each
// row of a table, where a Result would cost more than the row; whoever has made the pass
// ends with `return fail(reading.error())`.
class Reading {
  public:
    static constexpr std::size_t kBulk = 1u << 20;

    explicit Reading(Memory& memory) : memory_(memory) {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    // Always false, so that a caller can return it.
    bool fail(Code code, std::string text, std::uint64_t address = 0);
    // What should be there reads as zeros: "… is all zero: its page was".
    bool not_dumped(std::string_view what, std::uint64_t address);
    const Error& error() const { return error_; }

    // Reads what is there; false only when the user has asked to stop.
    bool some(std::uint64_t address, void* out, std::size_t size, std::size_t& got);
    // All of it, or fails naming `what`.
    bool exact(std::uint64_t address, void* out, std::size_t size, std::string_view what);
    // As much as there is, the rest zero; missing pages are remarked as `what`.
    bool patchy(std::uint64_t address, void* out, std::size_t size, std::string_view what);

    // Rows of `stride` bytes: calls row(index, bytes) for each; row returns false to fail.
    template <typename Row>
    bool rows(std::uint64_t address, std::uint64_t count, std::size_t stride, std::string_view what,
              Row row);

    // Pieces that lie anywhere, read together where they lie close. Calls
    // piece(index, bytes) for each in order of address; bytes is null for a missing one.
    struct Piece {
        std::uint64_t address = 0;
        std::uint32_t size = 0;
        std::uint32_t index = 0;
    };
    template <typename Use>
    bool scattered(std::vector<Piece>& pieces, Use use);

    // No two parts of a table share bytes: this bounds all work by the memory
    // that is really there, and finds each cycle at its first return.
    bool claim(std::uint64_t address, std::uint64_t size, std::string_view what);

    // Something is missing and the rest is worth showing.
    void incomplete(std::string_view what, std::uint64_t address);
    // Something contradicts the rest, in so many places; what can be shown is shown.
    void doubt(std::string_view what, std::uint64_t places = 1);
    bool has_doubts() const { return !doubts_.empty(); }
    void forget_doubts() { doubts_.clear(); }
    // `incomplete` and `doubt` so far as remarks, one for each kind.
    void close(std::vector<Remark>& remarks) const;

    Memory& memory() { return memory_; }
    // Fails with `interrupted` when the user has asked to stop.
    bool go_on();

  private:
    std::size_t group_end(const std::vector<Piece>& pieces, std::size_t first) const;

    struct Missing {
        std::string what;
        std::uint64_t address = 0;
        std::uint64_t count = 0;
    };

    Memory& memory_;
    Error error_;
    std::map<std::uint64_t, std::uint64_t> claims_;  // start -> end
    std::vector<Missing> missing_;
    std::vector<Missing> doubts_;
    std::vector<std::byte> buffer_;
    unsigned misses_left_ = 4096;  // a source that answers nothing must not take for ever
};

bool all_zero(const void* bytes, std::size_t size);

template <typename Row>
bool Reading::rows(std::uint64_t address, std::uint64_t count, std::size_t stride,
                   std::string_view what, Row row) {
    const std::uint64_t at_once = std::max<std::uint64_t>(1, kBulk / stride);
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(at_once, count)) * stride);
    for (std::uint64_t first = 0; first < count; first += at_once) {
        const auto n = static_cast<std::size_t>(std::min(at_once, count - first));
        if (!exact(address + first * stride, buffer.data(), n * stride, what)) return false;
        for (std::size_t i = 0; i < n; ++i) {
            if (!row(first + i, buffer.data() + i * stride)) return false;
        }
    }
    return true;
}

template <typename Use>
bool Reading::scattered(std::vector<Piece>& pieces, Use use) {
    std::sort(pieces.begin(), pieces.end(),
              [](const Piece& a, const Piece& b) { return a.address < b.address; });
    for (std::size_t first = 0; first < pieces.size();) {
        const std::size_t end = group_end(pieces, first);
        const std::uint64_t start = pieces[first].address;
        const auto size =
            static_cast<std::size_t>(pieces[end - 1].address - start) + pieces[end - 1].size;
        buffer_.resize(std::max(buffer_.size(), size));
        std::size_t got = 0;
        if (!some(start, buffer_.data(), size, got)) return false;
        for (std::size_t i = first; i < end; ++i) {
            const Piece& piece = pieces[i];
            const auto offset = static_cast<std::size_t>(piece.address - start);
            const std::byte* bytes = buffer_.data() + offset;
            if (offset + piece.size > got) {  // a hole before it; it may be there all the same
                std::size_t own = 0;
                if (!some(piece.address, buffer_.data() + offset, piece.size, own)) return false;
                if (own < piece.size) bytes = nullptr;
            }
            if (!use(piece, bytes)) return false;
        }
        first = end;
    }
    return true;
}

}  // namespace mt::core

#endif
