// SPDX-License-Identifier: MIT
//
// See profile_sample.h.
#include "save/profile_sample.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>

#include "save/profile_format.h"

namespace mt::core {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// A field of numbers, packed or not.
template <typename T>
void take_numbers(pbf_reader& message, std::vector<T>& list) {
    if (message.wire_type() == pbf_wire_type::varint) {
        list.push_back(static_cast<T>(message.get_uint64()));
    } else if (message.wire_type() == pbf_wire_type::length_delimited) {
        const protozero::data_view bytes = message.get_view();
        const char* at = bytes.data();
        while (at != bytes.data() + bytes.size())
            list.push_back(
                static_cast<T>(protozero::decode_varint(&at, bytes.data() + bytes.size())));
    } else {
        message.skip();
    }
}

// From what each is beyond the one before to what it is.
void add_up(std::vector<std::uint64_t>& numbers) {
    std::uint64_t last = 0;
    for (std::uint64_t& number : numbers) {
        last += static_cast<std::uint64_t>(protozero::decode_zigzag64(number));
        number = last;
    }
}

void take_label(pbf_reader message, std::vector<SampleLabel>& labels) {
    SampleLabel& made = labels.emplace_back();
    while (message.next()) {
        if (message.wire_type() != pbf_wire_type::varint) {
            message.skip();
            continue;
        }
        const std::uint64_t value = message.get_uint64();
        if (message.tag() == format::kKey) made.key = value;
        if (message.tag() == format::kText) made.text = value;
        if (message.tag() == format::kNumber) made.number = value;
    }
}

}  // namespace

bool ProfileSample::read(std::string_view bytes) {
    locations.clear();
    values.clear();
    labels.clear();
    addresses.clear();
    stamps.clear();
    try {
        pbf_reader message(protozero::data_view(bytes.data(), bytes.size()));
        while (message.next()) {
            if (message.tag() == format::kLocationIds)
                take_numbers(message, locations);
            else if (message.tag() == format::kValues)
                take_numbers(message, values);
            else if (message.tag() == format::kAddresses)
                take_numbers(message, addresses);
            else if (message.tag() == format::kStamps)
                take_numbers(message, stamps);
            else if (message.tag() == format::kLabel &&
                     message.wire_type() == pbf_wire_type::length_delimited)
                take_label(message.get_message(), labels);
            else
                message.skip();
        }
        add_up(addresses);
        return true;
    } catch (const protozero::exception&) {
        return false;
    }
}

}  // namespace mt::core
