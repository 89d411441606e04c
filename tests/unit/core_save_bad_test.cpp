// SPDX-License-Identifier: MIT
//
// Files that are no profiles, or damaged, or made to hurt: one line each, and
// nothing is allocated for what they only claim.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "core_save_profile.h"
#include "save/byte_source.h"

namespace mt::core::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

std::string gunzip(const std::string& bytes) {
    ByteSource source(bytes);
    auto all = source.look(64 << 20);
    EXPECT_TRUE(all);
    return std::string(*all);
}

TEST_F(Bad, NoProfile) {
    EXPECT_EQ(error(""), "it is empty");
    EXPECT_EQ(error("hello world\n"), "it is no pprof profile");
    EXPECT_EQ(error("\x7f"
                    "ELF\x02\x01\x01"),
              "it is no pprof profile");
    EXPECT_EQ(error(std::string(1000, '\0')), "it is no pprof profile");
    EXPECT_EQ(error(std::string(1000, '\xff')), "it is no pprof profile");
    EXPECT_EQ(error(gzip("hello world\n")), "it is no pprof profile");
    EXPECT_EQ(error(gzip("")), "it is no pprof profile");
}

TEST_F(Bad, Gzip) {
    const std::string whole = good();
    EXPECT_EQ(error(whole), "it loads");
    EXPECT_EQ(error(whole.substr(0, 5)),
              "its gzip data ends in the middle: the file was cut short");
    EXPECT_EQ(error(whole.substr(0, whole.size() / 2)),
              "its gzip data ends in the middle: the file was cut short");
    EXPECT_EQ(error(whole.substr(0, whole.size() - 1)),
              "its gzip data ends in the middle: the file was cut short");
    std::string checksum = whole;
    checksum[checksum.size() - 6] = static_cast<char>(checksum[checksum.size() - 6] ^ 1);
    EXPECT_EQ(error(checksum), "the checksum of its gzip data is wrong: the file is damaged");
    std::string inside = whole;
    inside[20] = static_cast<char>(inside[20] ^ 0x55);
    EXPECT_THAT(error(inside), HasSubstr("damaged"));
    EXPECT_EQ(error(whole + "more"),
              "there are other bytes behind its gzip data: the file is damaged");
    EXPECT_EQ(error(whole + std::string(512, '\0')), "it loads");
}

// Two gzip files joined are one, as gzip has it.
TEST_F(Bad, JoinedGzip) {
    const std::string bytes = gunzip(good());
    const std::size_t half = bytes.size() / 2;
    EXPECT_EQ(error(gzip(bytes.substr(0, half)) + gzip(bytes.substr(half))), "it loads");
}

TEST_F(Bad, EveryPrefixOfTheProtobuf) {
    const std::string bytes = gunzip(good());
    std::size_t refused = 0;
    for (std::size_t size = 1; size < bytes.size(); ++size)
        refused += error(bytes.substr(0, size)) == "it loads" ? 0 : 1;
    // Cut between two texts, with no name beyond the cut, it is a smaller profile;
    // the description, which is the last text, is missing then.
    EXPECT_GT(refused, bytes.size() * 9 / 10);
    EXPECT_THAT(error(bytes.substr(0, bytes.size() - 10)),
                StartsWith("its protobuf data is damaged at byte "));
}

// With one bit changed, in the file or in what it holds: it is loaded, or one line of ours
// says why not.
TEST_F(Bad, OneBitOfASavedSnapshot) {
    for (std::string bytes : {good(), gunzip(good())}) {
        for (std::size_t i = 0; i < bytes.size(); i += 7) {
            const char before = bytes[i];
            bytes[i] = static_cast<char>(before ^ (1 << i % 8));
            const std::string why = error(bytes);
            bytes[i] = before;
            EXPECT_EQ(why.find("exception"), std::string::npos) << why;
            EXPECT_LT(why.size(), 300u) << why;
        }
    }
}

TEST_F(Bad, Bomb) {
    const std::string bomb = gzip(std::string(100 << 20, '\0'));
    ASSERT_LT(bomb.size(), 200u << 10);
    EXPECT_THAT(error(bomb), HasSubstr("no pprof profile"));
    // Behind something that begins like a profile.
    Profile profile;
    profile.text(std::string(90 << 20, 'a'));
    ProfileLimits limits;
    limits.longest_field = 1 << 30;
    EXPECT_THAT(error(gzip(profile.bytes), limits),
                HasSubstr("times its size in bytes and more; that is no profile"));
    limits.inflate.most_ratio = 1 << 20;
    limits.inflate.most_bytes = 1 << 20;
    EXPECT_THAT(error(gzip(profile.bytes), limits), HasSubstr("times its size in bytes and more"));
}

TEST_F(Bad, LongField) {
    std::string bytes = Profile().bytes;
    bytes += '\x32';  // a text of 2^63 bytes
    bytes += std::string(9, '\x80') + '\x01';
    EXPECT_THAT(error(bytes), StartsWith("its protobuf data is damaged at byte "));
}

TEST_F(Bad, Indices) {
    EXPECT_EQ(error(Profile().message(format::kSampleType, {{format::kType, 99}}).bytes),
              "it is damaged: it names text 99 of 5");
    EXPECT_EQ(error(Profile().line(1, 7).bytes), "it is damaged: it names function 7");
    EXPECT_EQ(error(Profile()
                        .message(format::kFunction, {{format::kFunctionId, 7}, {format::kName, 6}})
                        .line(1, 7)
                        .bytes),
              "it is damaged: it names text 6 of 5");
    EXPECT_EQ(error(Profile()
                        .message(format::kLocation,
                                 {{format::kLocationId, 1}, {format::kLocationMapping, 3}})
                        .bytes),
              "it is damaged: it names mapping 3");
    EXPECT_EQ(error(Profile()
                        .message(format::kSample, {{format::kLocationIds, 5}, {format::kValues, 1}})
                        .bytes),
              "it is damaged: it names location 5");
    EXPECT_EQ(error(Profile().number(format::kComment, 1ull << 60).bytes),
              "it is damaged: it names text 1152921504606846976 of 5");
    EXPECT_EQ(error(Profile()
                        .message(format::kMapping,
                                 {{format::kMappingId, 1}, {format::kBuildId, 1ull << 63}})
                        .bytes),
              "it is damaged: it names text 9223372036854775808 of 5");
}

TEST_F(Bad, NumbersTwice) {
    EXPECT_EQ(error(Profile().line(1, 0).line(1, 0).bytes),
              "it has two locations with the number 1");
    const Profile::Fields far = {{format::kFunctionId, 1ull << 40}};
    EXPECT_EQ(
        error(Profile().message(format::kFunction, far).message(format::kFunction, far).bytes),
        "it has two functions with the number 1099511627776");
    const Profile::Fields mapping = {{format::kMappingId, 2}};
    EXPECT_EQ(
        error(
            Profile().message(format::kMapping, mapping).message(format::kMapping, mapping).bytes),
        "it has two mappings with the number 2");
}

TEST_F(Bad, Values) {
    EXPECT_EQ(error(Profile().message(format::kSample, {{format::kLocationIds, 1}}).bytes),
              "it is damaged: a sample has 0 values for 1 sample types");
    EXPECT_EQ(
        error(
            Profile().message(format::kSample, {{format::kValues, 1}, {format::kValues, 1}}).bytes),
        "it is damaged: a sample has 2 values for 1 sample types");
    EXPECT_EQ(error(Profile().message(format::kSample, {{format::kValues, 1ull << 63}}).bytes),
              "it is damaged: its figures are more than a memory can hold");
    Profile much;
    for (int i = 0; i < 3; ++i) much.message(format::kSample, {{format::kValues, 1ull << 61}});
    EXPECT_EQ(error(much.bytes), "it is damaged: its figures are more than a memory can hold");
}

TEST_F(Bad, TooMuch) {
    ProfileLimits limits;
    limits.parts = 2;
    EXPECT_EQ(error(Profile().line(1, 0).line(2, 0).line(3, 0).bytes, limits),
              "it has more than 2 locations");
    limits = {};
    limits.texts = 5;
    EXPECT_EQ(error(Profile().text("x").bytes, limits), "it has more than 5 texts");
    limits = {};
    limits.text_bytes = 20;
    EXPECT_EQ(error(Profile().text("x").bytes, limits), "it has more than 20 bytes of text");
    limits = {};
    limits.mappings = 0;
    EXPECT_EQ(error(Profile().message(format::kMapping, {{format::kMappingId, 1}}).bytes, limits),
              "it has more than 0 mappings");
    limits = {};
    limits.sample_types = 1;
    EXPECT_EQ(error(Profile().message(format::kSampleType, {{format::kType, 1}}).bytes, limits),
              "it has more than 1 sample types");
    limits = {};
    limits.name_bytes = 3;
    EXPECT_EQ(
        error(Profile()
                  .message(format::kFunction,
                           {{format::kFunctionId, 1}, {format::kName, 3}, {format::kFilename, 4}})
                  .line(1, 1)
                  .bytes,
              limits),
        "the names of its frames take more than 3 B");
    limits = {};
    limits.nodes = 17;
    EXPECT_EQ(error(Profile()
                        .line(1, 0)
                        .line(2, 0)
                        .message(format::kSample, {{format::kLocationIds, 1},
                                                   {format::kLocationIds, 2},
                                                   {format::kValues, 1}})
                        .bytes,
                    limits),
              "its tracebacks have more than 17 distinct frames");
    limits = {};
    limits.legacy_bytes = 1024;
    EXPECT_EQ(error("heap profile: 1: 2 [3: 4] @ heap\n" + std::string(2000, '\n'), limits),
              "it is larger than 1024 B");
}

// A name that is shown is taken apart character by character, at 32 bytes for each.
TEST_F(Bad, LongNames) {
    const std::string name((1 << 20) + 1, 'x');
    const Profile::Fields function = {{format::kFunctionId, 1}, {format::kName, 5}};
    const Profile::Fields type = {{format::kType, 5}};
    const Profile::Fields mapping = {{format::kMappingId, 1}, {format::kFile, 5}};
    const std::string why = "it is damaged: it has a name of 1048577 bytes";
    EXPECT_EQ(error(Profile().text(name).message(format::kFunction, function).line(1, 1).bytes),
              why);
    EXPECT_EQ(error(Profile().text(name).message(format::kSampleType, type).bytes), why);
    EXPECT_EQ(error(Profile().text(name).message(format::kMapping, mapping).bytes), why);
    EXPECT_EQ(error("heap profile: 1: 2 [3: 4] @ " + name), "it is damaged: line 1 is too long");
    EXPECT_EQ(error("--- symbol\n0x1 " + name + "\n"), "it is damaged: line 2 is too long");
}

// A sample of blocks may claim 2^60 of them in a byte or two.
TEST_F(Bad, ClaimedBlocks) {
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 1000, 1000).id;
    book.table.has_blocks = true;
    book.table.blocks.assign(1000, {0x10, 1, id, 0});
    Resolver resolver(symboliser, book.table, {&book.code, false});
    ProfileLimits limits;
    limits.blocks = 999;
    EXPECT_EQ(error(saved(resolver), limits), "it has more than 999 blocks");
}

// As many addresses and stamps as blocks, or the sample is none of ours.
TEST_F(Bad, SingleBlocks) {
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 30, 3).id;
    book.table.has_blocks = book.table.has_stamps = true;
    book.table.blocks = {{0x10, 10, id, 0}, {0x30, 10, id, 0}, {0x50, 10, id, 0}};
    Resolver resolver(symboliser, book.table, {&book.code, false});
    SaveOptions options;
    options.single_blocks = true;
    std::string bytes = gunzip(saved(resolver, options));
    EXPECT_EQ(error(bytes), "it loads");
    // The stamps' field becomes one that nobody knows.
    const std::size_t stamps = bytes.find("\xd2\x3e");
    ASSERT_NE(stamps, std::string::npos);
    bytes[stamps] = '\xda';
    EXPECT_EQ(error(bytes), "it is damaged: a sample has 3 addresses and 0 stamps of 3 blocks");
    ProfileLimits limits;
    limits.blocks = 2;
    EXPECT_EQ(error(bytes, limits), "it has more than 2 blocks");
}

TEST_F(Bad, DeepStackIsCut) {
    Profile profile;
    profile.line(1, 0);
    Profile::Fields fields = {{format::kValues, 5}};
    for (int i = 0; i < 1000; ++i) fields.emplace_back(format::kLocationIds, 1);
    profile.message(format::kSample, fields);
    const auto got = read_profile(profile.bytes, symboliser.book());
    ASSERT_TRUE(got) << got.error().text;
    EXPECT_EQ(got->table->frames(got->table->traces[0].node).size(), abi::kMaxFrames);
    EXPECT_EQ(got->table->traces[0].end, End::cut);
}

// Unknown fields and other wire types are passed over, as protobuf has it.
TEST_F(Bad, FieldsOfTomorrow) {
    Profile profile;
    pbf_writer all(profile.bytes);
    all.add_fixed32(100, 7);
    all.add_fixed64(101, 7);
    all.add_string(102, "x");
    all.add_uint64(103, 7);
    all.add_string(format::kPeriod, "x");
    {
        pbf_writer location(all, format::kLocation);
        location.add_fixed64(format::kLocationId, 4);
        location.add_string(format::kAddress, "abc");
        location.add_uint64(format::kLine, 5);
    }
    {
        pbf_writer sample(all, format::kSample);
        sample.add_fixed64(format::kLocationIds, 4);
        sample.add_uint64(format::kLabel, 4);
        sample.add_uint64(format::kValues, 4);
    }
    EXPECT_EQ(error(profile.bytes), "it loads");
    EXPECT_THAT(error(profile.bytes + "\x0b"),
                StartsWith("its protobuf data is damaged"));  // a group
}

TEST_F(Bad, Text) {
    EXPECT_EQ(error("heap profile: x\n"), "it is damaged: line 1 is no header of a heap profile");
    EXPECT_EQ(error("heap_v2/x\n"), "it is damaged: line 1 is no header of a heap profile");
    EXPECT_EQ(error("--- symbol\nbinary=x\n---\n"),
              "it has names, but no heap profile behind them");
    EXPECT_EQ(error("heap profile: 1: 2 [3: 4] @ heap\nx\n"),
              "it is damaged: line 2 is no traceback with figures");
    EXPECT_EQ(error("heap profile: 1: 2 [3: 4] @ heap\n1: 2 [3: 4] @ 0x1 x\n"),
              "it is damaged: line 2 is no traceback with figures");
    EXPECT_EQ(error("heap_v2/1\n@ 0x1 zz\n"), "it is damaged: line 2 is no traceback");
    EXPECT_EQ(error("heap_v2/1\n@ 0x1\n  t*: 1\n"), "it is damaged: line 3 is no figures");
    EXPECT_EQ(error("heap_v2/1\n1: 2 [3: 4]\n"),
              "it is damaged: line 2 is neither traceback nor figures");
    EXPECT_EQ(error("heap profile: 1: 2 [3: 4] @ heapprofile\n"
                    "9000000000000000000: 1 [0: 0] @ 0x1\n"),
              "it is damaged: its figures are more than a memory can hold");
    EXPECT_EQ(error("heap_v2/1\n@ 0x1\n  t*: 99999999999999999999: 1 [0: 0]\n"),
              "it is damaged: line 3 is no figures");
    EXPECT_EQ(error("--- symbol\n0x1 a--b----\n0x zz\n---\n--- heap\nheap_v2/1\n"), "it loads");
}

}  // namespace
}  // namespace mt::core::test
