// SPDX-License-Identifier: MIT
//
// The bytes inside a file that may be gzip'ed, in pieces and as often as wanted.
// A small file may claim to hold terabytes: what comes out is bounded. Knows
// nothing of what the bytes mean.
#ifndef MEMTRACE_CORE_SAVE_BYTE_SOURCE_H
#define MEMTRACE_CORE_SAVE_BYTE_SOURCE_H

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace mt::core {

struct InflateLimits {
    std::uint64_t most_bytes = 4ull << 30;
    // Past the first free_bytes a file may not grow by more than this. Profiles
    // grow five- to fiftyfold; deflate can a thousandfold.
    std::uint64_t most_ratio = 256;
    std::uint64_t free_bytes = 64ull << 20;
};

class ByteSource {
  public:
    // `file` must outlive it.
    explicit ByteSource(std::string_view file, InflateLimits limits = {});
    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    // At least `size` bytes if there are so many left, else all; valid until the next call.
    Result<std::string_view> look(std::size_t size);
    // Of what look() gave.
    void skip(std::size_t size);
    // Bytes skipped so far.
    std::uint64_t position() const { return skipped_; }

  private:
    Result<void> fill();
    Result<void> inflate_some();
    Result<void> next_member();

    std::string_view file_;
    InflateLimits limits_;
    bool gzip_;
    bool ended_ = false;
    z_stream stream_{};
    std::size_t given_ = 0;  // bytes of the file that zlib got
    std::uint64_t produced_ = 0, skipped_ = 0;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace mt::core

#endif
