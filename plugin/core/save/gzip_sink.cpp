// SPDX-License-Identifier: MIT
//
// See gzip_sink.h.
#include "save/gzip_sink.h"

#include <new>

namespace mt::core {
namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr int kGzip = 16 + MAX_WBITS;
// Half the time of the default, for files that are a tenth larger.
constexpr int kLevel = 4;
constexpr int kMemory = 8;  // zlib's default

}  // namespace

GzipSink::GzipSink(const Sink& sink) : sink_(sink), out_(kPiece, '\0') {
    if (deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
}

GzipSink::~GzipSink() { deflateEnd(&stream_); }

Result<void> GzipSink::deflate_all(std::string_view bytes, int flush) {
    // zlib's old interface: it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    int status = Z_OK;
    do {
        stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
        stream_.avail_out = static_cast<uInt>(out_.size());
        status = deflate(&stream_, flush);
        const std::size_t made = out_.size() - stream_.avail_out;
        if (made != 0) MT_TRY(sink_(std::string_view(out_).substr(0, made)));
    } while (stream_.avail_out == 0 && status != Z_STREAM_END);
    return {};
}

}  // namespace mt::core
