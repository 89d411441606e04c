// SPDX-License-Identifier: MIT
//
// The top-level fields of a protobuf message that is too long to hold, one by
// one. Knows the wire format only.
#ifndef MEMTRACE_CORE_SAVE_FIELD_STREAM_H
#define MEMTRACE_CORE_SAVE_FIELD_STREAM_H

#include <cstdint>
#include <string_view>

#include "model/error.h"
#include "save/byte_source.h"

namespace mt::core {

struct Field {
    std::uint32_t number = 0;
    bool is_bytes = false;    // else `value` counts
    std::uint64_t value = 0;  // of a varint or a fixed-width field
    std::string_view bytes;   // valid until the next field
};

class FieldStream {
  public:
    // `longest`: bytes that one field may have.
    FieldStream(ByteSource& source, std::uint64_t longest) : source_(source), longest_(longest) {}

    // False at the end of the message.
    Result<bool> next(Field& field);
    // For who finds the last field's bytes to be no message.
    tl::unexpected<Error> damaged() const;

  private:
    Result<std::uint64_t> varint();
    Result<std::uint64_t> fixed(std::size_t size);

    ByteSource& source_;
    std::uint64_t longest_;
    std::uint64_t at_ = 0;     // where the field begins, for messages
    std::size_t pending_ = 0;  // bytes of the last field, still to be skipped
};

}  // namespace mt::core

#endif
