// SPDX-License-Identifier: MIT
//
// See field_stream.h.
#include "save/field_stream.h"

#include <fmt/format.h>

#include <protozero/exception.hpp>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>
#include <utility>

namespace mt::core {

tl::unexpected<Error> FieldStream::damaged() const {
    return fail(Code::damaged, fmt::format("its protobuf data is damaged at byte {}", at_));
}

Result<std::uint64_t> FieldStream::varint() {
    const auto bytes = MT_TRY(source_.look(protozero::max_varint_length));
    const char* begin = bytes.data();
    try {
        const std::uint64_t value = protozero::decode_varint(&begin, bytes.data() + bytes.size());
        source_.skip(static_cast<std::size_t>(begin - bytes.data()));
        return value;
    } catch (const protozero::exception&) {
        return damaged();
    }
}

Result<std::uint64_t> FieldStream::fixed(std::size_t size) {
    const auto bytes = MT_TRY(source_.look(size));
    if (bytes.size() < size) return damaged();
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    source_.skip(size);
    return value;
}

Result<bool> FieldStream::next(Field& field) {
    source_.skip(std::exchange(pending_, 0));
    at_ = source_.position();
    const auto rest = MT_TRY(source_.look(1));
    if (rest.empty()) return false;
    const auto tag = MT_TRY(varint());
    const std::uint64_t number = tag >> 3;
    if (number == 0 || number > (1u << 29) - 1) return damaged();
    field = {};
    field.number = static_cast<std::uint32_t>(number);
    switch (static_cast<protozero::pbf_wire_type>(tag & 7)) {
        case protozero::pbf_wire_type::varint:
            field.value = MT_TRY(varint());
            break;
        case protozero::pbf_wire_type::fixed64:
            field.value = MT_TRY(fixed(8));
            break;
        case protozero::pbf_wire_type::fixed32:
            field.value = MT_TRY(fixed(4));
            break;
        case protozero::pbf_wire_type::length_delimited:
            field.is_bytes = true;
            field.value = MT_TRY(varint());
            break;
        default:
            return damaged();
    }
    if (!field.is_bytes) return true;
    if (field.value > longest_) return damaged();
    const auto bytes = MT_TRY(source_.look(static_cast<std::size_t>(field.value)));
    if (bytes.size() < field.value) return damaged();
    pending_ = static_cast<std::size_t>(field.value);
    field.bytes = bytes.substr(0, pending_);
    return true;
}

}  // namespace mt::core
