// SPDX-License-Identifier: MIT
//
// Bytes on their way into a gzip'ed file, in pieces. Knows nothing of what they mean.
#ifndef MEMTRACE_CORE_SAVE_GZIP_SINK_H
#define MEMTRACE_CORE_SAVE_GZIP_SINK_H

#include <zlib.h>

#include <string>
#include <string_view>

#include "model/error.h"
#include "save/save.h"

namespace mt::core {

class GzipSink {
  public:
    explicit GzipSink(const Sink& sink);
    ~GzipSink();
    GzipSink(const GzipSink&) = delete;
    GzipSink& operator=(const GzipSink&) = delete;

    Result<void> write(std::string_view bytes) { return deflate_all(bytes, Z_NO_FLUSH); }
    Result<void> finish() { return deflate_all({}, Z_FINISH); }

  private:
    Result<void> deflate_all(std::string_view bytes, int flush);

    const Sink& sink_;
    z_stream stream_{};
    std::string out_;
};

}  // namespace mt::core

#endif
