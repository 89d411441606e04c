// SPDX-License-Identifier: MIT
//
// See byte_source.h.
#include "save/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace mt::core {
namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr int kGzip = 16 + MAX_WBITS;

bool is_gzip(std::string_view bytes) { return bytes.substr(0, 2) == "\x1f\x8b"; }

}  // namespace

ByteSource::ByteSource(std::string_view file, InflateLimits limits)
    : file_(file), limits_(limits), gzip_(is_gzip(file)) {
    if (gzip_ && inflateInit2(&stream_, kGzip) != Z_OK) throw std::bad_alloc();
}

ByteSource::~ByteSource() {
    if (gzip_) inflateEnd(&stream_);
}

Result<std::string_view> ByteSource::look(std::size_t size) {
    if (!gzip_) return file_.substr(skipped_);
    while (end_ - begin_ < size && !ended_) MT_TRY(fill());
    return std::string_view(buffer_.data() + begin_, end_ - begin_);
}

void ByteSource::skip(std::size_t size) {
    skipped_ += size;
    if (gzip_) begin_ += size;
}

Result<void> ByteSource::fill() {
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    // Doubled, so that one long message is not moved for each piece of it.
    if (buffer_.size() - end_ < kPiece) buffer_.resize(std::max(2 * buffer_.size(), 2 * kPiece));
    return inflate_some();
}

Result<void> ByteSource::inflate_some() {
    const std::size_t room = std::min<std::size_t>(buffer_.size() - end_, 1u << 30);
    const std::size_t input = std::min<std::size_t>(file_.size() - given_, 1u << 30);
    // zlib's old interface: it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file_.data() + given_));
    stream_.avail_in = static_cast<uInt>(input);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data() + end_);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    given_ += input - stream_.avail_in;
    const std::size_t made = room - stream_.avail_out;
    end_ += made;
    produced_ += made;
    if (produced_ > limits_.most_bytes ||
        (produced_ > limits_.free_bytes && produced_ / limits_.most_ratio > file_.size()))
        return fail(Code::io, fmt::format("it holds {} times its size in bytes and more; that is "
                                          "no profile",
                                          produced_ / std::max<std::size_t>(1, file_.size())));
    if (status == Z_STREAM_END) return next_member();
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_DATA_ERROR && stream_.msg != nullptr &&
        std::string_view(stream_.msg) == "incorrect data check")
        return fail(Code::io, "the checksum of its gzip data is wrong: the file is damaged");
    if (status != Z_OK && status != Z_BUF_ERROR) return fail(Code::io, "its gzip data is damaged");
    if (made == 0 && given_ == file_.size())
        return fail(Code::io, "its gzip data ends in the middle: the file was cut short");
    return {};
}

// gzip files may be joined; anything else behind one is no gzip file.
Result<void> ByteSource::next_member() {
    const std::string_view rest = file_.substr(given_);
    if (is_gzip(rest)) {
        inflateReset2(&stream_, kGzip);
        return {};
    }
    ended_ = true;
    if (rest.find_first_not_of('\0') != std::string_view::npos)
        return fail(Code::io, "there are other bytes behind its gzip data: the file is damaged");
    return {};
}

}  // namespace mt::core
