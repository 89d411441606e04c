// SPDX-License-Identifier: MIT
//
// See profile_parts.h.
#include "save/profile_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>
#include <utility>

#include "save/field_stream.h"
#include "save/profile_format.h"

namespace mt::core {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

pbf_reader reader_of(std::string_view bytes) {
    return pbf_reader(protozero::data_view(bytes.data(), bytes.size()));
}

// Calls take(number, value) for the varints of a message; other fields are passed over.
template <typename Take>
void each_number(pbf_reader message, Take take) {
    while (message.next()) {
        if (message.wire_type() == pbf_wire_type::varint)
            take(message.tag(), message.get_uint64());
        else
            message.skip();
    }
}

ProfileParts::ValueType value_type(std::string_view bytes) {
    ProfileParts::ValueType made;
    each_number(reader_of(bytes), [&](std::uint32_t field, std::uint64_t value) {
        if (field == format::kType) made.type = value;
        if (field == format::kUnit) made.unit = value;
    });
    return made;
}

ProfileParts::Mapping mapping(std::string_view bytes) {
    ProfileParts::Mapping made;
    each_number(reader_of(bytes), [&](std::uint32_t field, std::uint64_t value) {
        if (field == format::kMappingId) made.id = value;
        if (field == format::kStart) made.start = value;
        if (field == format::kLimit) made.limit = value;
        if (field == format::kOffset) made.offset = value;
        if (field == format::kFile) made.file = value;
        if (field == format::kBuildId) made.build_id = value;
    });
    return made;
}

ProfileParts::Function function(std::string_view bytes) {
    ProfileParts::Function made;
    std::uint64_t system_name = 0;
    each_number(reader_of(bytes), [&](std::uint32_t field, std::uint64_t value) {
        if (field == format::kFunctionId) made.id = value;
        if (field == format::kName) made.name = value;
        if (field == format::kSystemName) system_name = value;
        if (field == format::kFilename) made.file = value;
    });
    if (made.name == 0) made.name = system_name;
    return made;
}

void location(std::string_view bytes, ProfileParts& parts) {
    ProfileParts::Location made;
    made.first_line = static_cast<std::uint32_t>(parts.lines.size());
    pbf_reader message = reader_of(bytes);
    while (message.next()) {
        if (message.wire_type() == pbf_wire_type::varint) {
            const std::uint64_t value = message.get_uint64();
            if (message.tag() == format::kLocationId) made.id = value;
            if (message.tag() == format::kLocationMapping) made.mapping = value;
            if (message.tag() == format::kAddress) made.address = value;
        } else if (message.tag() == format::kLine &&
                   message.wire_type() == pbf_wire_type::length_delimited) {
            auto& line = parts.lines.emplace_back();
            ++made.lines;
            each_number(message.get_message(), [&line](std::uint32_t field, std::uint64_t value) {
                if (field == format::kLineFunction) line.function = value;
                if (field == format::kLineNumber) line.line = value;
            });
        } else {
            message.skip();
        }
    }
    parts.locations.push_back(made);
}

tl::unexpected<Error> too_many(const char* what, std::uint64_t most) {
    return fail(Code::io, fmt::format("it has more than {} {}", most, what));
}

tl::unexpected<Error> twice(const char* what, std::uint64_t id) {
    return fail(Code::io, fmt::format("it has two {} with the number {}", what, id));
}

void number_field(const Field& field, ProfileParts& parts) {
    if (field.number == format::kPeriod) parts.period = static_cast<std::int64_t>(field.value);
    if (field.number == format::kComment) parts.comments.push_back(field.value);
}

Result<void> bytes_field(const Field& field, const ProfileLimits& limits, ProfileParts& parts) {
    switch (field.number) {
        case format::kSampleType:
            if (parts.sample_types.size() >= limits.sample_types)
                return too_many("sample types", limits.sample_types);
            parts.sample_types.push_back(value_type(field.bytes));
            return {};
        case format::kSample:
            ++parts.samples;
            return {};
        case format::kMapping:
            if (parts.mappings.size() >= limits.mappings)
                return too_many("mappings", limits.mappings);
            parts.mappings.push_back(mapping(field.bytes));
            if (!parts.mapping_ids.add(parts.mappings.back().id))
                return twice("mappings", parts.mappings.back().id);
            return {};
        case format::kLocation:
            location(field.bytes, parts);
            if (parts.locations.size() > limits.parts || parts.lines.size() > limits.parts)
                return too_many("locations", limits.parts);
            if (!parts.location_ids.add(parts.locations.back().id))
                return twice("locations", parts.locations.back().id);
            return {};
        case format::kFunction:
            if (parts.functions.size() >= limits.parts) return too_many("functions", limits.parts);
            parts.functions.push_back(function(field.bytes));
            if (!parts.function_ids.add(parts.functions.back().id))
                return twice("functions", parts.functions.back().id);
            return {};
        case format::kStringTable:
            if (parts.texts.size() >= limits.texts) return too_many("texts", limits.texts);
            if (parts.texts.bytes() + field.bytes.size() > limits.text_bytes)
                return too_many("bytes of text", limits.text_bytes);
            parts.texts.add(field.bytes);
            return {};
        case format::kPeriodType:
            parts.period_type = value_type(field.bytes);
            return {};
        case format::kComment: {  // packed
            const char* at = field.bytes.data();
            while (at != field.bytes.data() + field.bytes.size())
                parts.comments.push_back(
                    protozero::decode_varint(&at, field.bytes.data() + field.bytes.size()));
            return {};
        }
        default:
            return {};
    }
}

}  // namespace

bool IdIndex::add(std::uint64_t id) {
    if (find(id) != kNone) return false;
    if (id <= 4 * std::uint64_t{next_} + 1024) {
        if (id >= dense_.size())
            dense_.resize(std::max<std::size_t>(id + 1, dense_.size() * 2), kNone);
        dense_[id] = next_++;
    } else {
        sparse_.emplace(id, next_++);
    }
    return true;
}

std::uint32_t IdIndex::find(std::uint64_t id) const {
    if (id < dense_.size() && dense_[id] != kNone) return dense_[id];
    const auto found = sparse_.find(id);
    return found == sparse_.end() ? kNone : found->second;
}

Result<ProfileParts> read_parts(ByteSource& source, const ProfileLimits& limits,
                                const Interrupted& interrupted) {
    ProfileParts parts;
    FieldStream fields(source, limits.longest_field);
    Field field;
    Stride stop(interrupted);
    for (;;) {
        if (stop()) return interrupted_error();
        auto more = fields.next(field);
        // A profile begins with its sample types; before them it was none.
        if (!more && more.error().code == Code::damaged && parts.sample_types.empty())
            return fail(Code::io, "it is no pprof profile");
        if (!more) return fail(std::move(more.error()));
        if (!*more) return parts;
        if (!field.is_bytes) {
            number_field(field, parts);
            continue;
        }
        try {
            MT_TRY(bytes_field(field, limits, parts));
        } catch (const protozero::exception&) {
            return fields.damaged();
        }
    }
}

}  // namespace mt::core
