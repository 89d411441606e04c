// SPDX-License-Identifier: MIT
//
// Profiles written field by field, so that each can be damaged, and what loading
// says of them.
#ifndef MEMTRACE_TESTS_UNIT_CORE_SAVE_PROFILE_H
#define MEMTRACE_TESTS_UNIT_CORE_SAVE_PROFILE_H

#include <gtest/gtest.h>

#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core_save_tables.h"
#include "save/profile_format.h"

namespace mt::core::test {

using protozero::pbf_writer;

// A profile as another tool might write it; each test damages one thing.
class Profile {
  public:
    Profile() {
        for (const char* text : {"", "inuse_space", "bytes", "f", "f.c"}) {
            pbf_writer(bytes).add_string(format::kStringTable, text);
        }
        message(format::kSampleType, {{format::kType, 1}, {format::kUnit, 2}});
    }
    using Fields = std::vector<std::pair<std::uint32_t, std::uint64_t>>;
    Profile& message(std::uint32_t number, const Fields& fields) {
        pbf_writer all(bytes);
        pbf_writer made(all, number);
        for (const auto& [field, value] : fields) made.add_uint64(field, value);
        return *this;
    }
    Profile& text(const std::string& value) {
        pbf_writer(bytes).add_string(format::kStringTable, value);
        return *this;
    }
    Profile& number(std::uint32_t field, std::uint64_t value) {
        pbf_writer(bytes).add_uint64(field, value);
        return *this;
    }
    Profile& line(std::uint64_t location, std::uint64_t function) {
        pbf_writer all(bytes);
        pbf_writer made(all, format::kLocation);
        made.add_uint64(format::kLocationId, location);
        pbf_writer inner(made, format::kLine);
        inner.add_uint64(format::kLineFunction, function);
        return *this;
    }
    std::string bytes;
};

class Bad : public ::testing::Test {
  protected:
    std::string error(const std::string& bytes, const ProfileLimits& limits = {}) {
        const auto got = read_profile(bytes, symboliser.book(), {}, limits);
        if (got) return "it loads";
        EXPECT_EQ(got.error().text.find('\n'), std::string::npos);
        return got.error().text;
    }
    std::string good() {
        TraceBook book = rich();
        Resolver resolver(symboliser, book.table, {&book.code, false});
        return saved(resolver);
    }
    Symboliser symboliser;
};

}  // namespace mt::core::test

#endif
