// SPDX-License-Identifier: MIT
//
// What other programs see of a saved snapshot: decoded by protoc with the fields
// of pprof's format (tests/data/profile.proto), to the letter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core_save_tables.h"
#include "save/byte_source.h"

namespace mt::core::test {
namespace {

using ::testing::HasSubstr;

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string plain(const std::string& gzip) {
    ByteSource source(gzip);
    auto all = source.look(64 << 20);
    EXPECT_TRUE(all);
    return std::string(*all);
}

// protoc's text of a profile.
std::string decoded(const std::string& gzip) {
    TestFolder folder;
    std::ofstream(folder / "in", std::ios::binary) << plain(gzip);
    const std::string command = fmt::format(
        "'{}' --proto_path='{}' --decode=memtrace.test.Profile profile.proto <'{}' >'{}' 2>&1",
        MEMTRACE_PROTOC, MEMTRACE_TEST_DATA, folder / "in", folder / "out");
    EXPECT_EQ(std::system(command.c_str()), 0) << read_text(folder / "out");
    return read_text(folder / "out");
}

TraceBook small() {
    TraceBook book;
    book.module("/lib/liba.so", "00ff10");
    RawFrame inner, outer;
    inner.file = "/src/inlined.h";
    inner.line = 3;
    inner.linkage = "_ZN1a5innerEv";
    outer.file = "/src/a.cpp";
    outer.line = 40;
    outer.function = "outer";
    Trace& first =
        book.trace({book.pc(2, {inner, outer}), book.at({"/src/main.cpp", 7, "main"})}, 300, 3);
    first.alloc_bytes = 1000;
    first.alloc_count = 10;
    first.free_bytes = 700;
    first.free_count = 7;
    first.peak_size = 500;
    first.peak_count = 5;
    first.temporary_count = 2;
    const std::uint32_t id = first.id;
    Trace& second = book.trace({book.pc(2, {})}, 64, 1);
    second.domain = 5;
    book.reserved(abi::kStackNested, 16, 2);
    book.table.has_blocks = true;
    book.table.blocks = {{0x10, 200, id, 0}, {0x20, 50, id, 0}, {0x30, 50, id, 0}};
    return book;
}

class Format : public ::testing::Test {
  protected:
    std::string bytes_of(TraceBook& book) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        SaveOptions options;
        options.time_nanos = 1234567890;
        return saved(resolver, options);
    }
    Symboliser symboliser;
};

TEST_F(Format, Golden) {
    TraceBook book = small();
    std::string text = decoded(bytes_of(book));
    const std::string version = std::string("\\\"version\\\":\\\"") + MEMTRACE_TEST_VERSION;
    const std::size_t at = text.find(version);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, version.size(), "\\\"version\\\":\\\"VERSION");
    const std::string golden = std::string(MEMTRACE_TEST_DATA) + "/saved.txt";
    if (std::getenv("MEMTRACE_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
    EXPECT_EQ(text, read_text(golden));
}

// A strict reader of protobuf refuses text that is no UTF-8.
TEST_F(Format, ForeignBytesAreEscaped) {
    TraceBook book = rich();
    const std::string text = decoded(bytes_of(book));
    EXPECT_THAT(text, HasSubstr(R"(f\\x80)"));
    EXPECT_THAT(text, HasSubstr(R"(/lib/\\xff\\\\odd.so)"));
}

// Each figure's sum over all samples is that of the snapshot: a viewer adds them up.
TEST_F(Format, NothingCountsTwice) {
    TraceBook book = small();
    std::istringstream lines(decoded(bytes_of(book)));
    std::array<std::int64_t, 7> sums{};
    std::size_t next = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line == "sample {") next = 0;
        if (line.rfind("  value: ", 0) == 0) sums.at(next++) += std::stoll(line.substr(9));
    }
    EXPECT_EQ(sums, (std::array<std::int64_t, 7>{10 + 1 + 2, 1000 + 64 + 16, 3 + 1 + 2,
                                                 300 + 64 + 16, 5, 500, 2}));
}

// pprof takes the first mapping for the program; modules stay what they are.
TEST_F(Format, TheProgramStandsFirst) {
    TraceBook book;
    book.table.modules[1].path = "/lib/libfirst.so.6";
    book.module("/bin/program");
    book.trace({book.pc(1, {}), book.pc(2, {})}, 1, 1);
    const std::string bytes = bytes_of(book);
    const std::string text = decoded(bytes);
    EXPECT_LT(text.find("mapping {\n  id: 2\n"), text.find("mapping {\n  id: 1\n"));
    const auto got = read_profile(bytes, symboliser.book());
    ASSERT_TRUE(got) << got.error().text;
    Resolver before(symboliser, book.table, {&book.code, false});
    Resolver after(symboliser, *got->table, {});
    EXPECT_EQ(all_of(before), all_of(after));
}

TEST_F(Format, SampledHasItsSampleTypesAndPeriod) {
    TraceBook book;
    book.trace({{"a.cpp", 1}}, 1000, 10).samples = 2;
    book.table.status.sample_bytes = 4096;
    const std::string text = decoded(bytes_of(book));
    EXPECT_THAT(text, HasSubstr("period: 4096\n"));
    EXPECT_THAT(text, HasSubstr("string_table: \"samples\"\n"));
    EXPECT_THAT(text, HasSubstr("string_table: \"peak_samples\"\n"));
}

// A fifth of what a large program has: many pieces, a grown index, whole blocks.
TEST_F(Format, Large) {
    TraceBook book;
    std::vector<Pc> code;
    for (std::uint32_t line = 1; line <= 4000; ++line) code.push_back(book.at({"/a.cpp", line}));
    std::uint64_t random = 1;
    for (int i = 0; i < 20000; ++i) {
        std::vector<Pc> pcs;
        for (int depth = 0; depth < 32; ++depth) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            pcs.push_back(code[(random >> 33) % code.size()]);
        }
        const std::uint32_t id = book.trace(pcs, 5000, 50).id;
        for (std::uint64_t block = 0; block < 50; ++block)
            book.table.blocks.push_back({block * 16, 16 + block % 10 * 8, id, 0});
    }
    book.table.has_blocks = true;
    const std::string bytes = bytes_of(book);
    const auto got = read_profile(bytes, symboliser.book());
    ASSERT_TRUE(got) << got.error().text;
    EXPECT_EQ(got->table->traces.size(), 20000u);
    EXPECT_EQ(got->table->blocks.size(), 1000000u);
    EXPECT_EQ(got->table->current_size, book.table.current_size);
}

}  // namespace
}  // namespace mt::core::test
