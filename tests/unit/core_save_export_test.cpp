// SPDX-License-Identifier: MIT
//
// Snapshots for other viewers: the formats to the letter, and names that try to
// get out of their field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core_save_tables.h"
#include "save/export.h"

namespace mt::core::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class Export : public ::testing::Test {
  protected:
    Export() {
        const Pc malloc_pc = book.pc(1, {raw("/usr/include/c++/12/bits/new.h", 1, "std::alloc")});
        const Pc make = book.at({"/src/make.cpp", 7, "make(int)"});
        const Pc main_pc = book.at({"/src/main.cpp", 12, "main"});
        Trace& first = book.trace({malloc_pc, make, main_pc}, 100, 2);
        first.alloc_bytes = 400;
        first.alloc_count = 8;
        first.temporary_count = 3;
        first.peak_size = 250;
        first.peak_count = 5;
        // The same stack with another allocation function is the same traceback.
        book.trace({make, main_pc}, 20, 1);
        book.trace({book.pc(1, {}), main_pc}, 64, 1).domain = 5;
        Trace& freed = book.trace({main_pc}, 0, 0);
        freed.alloc_bytes = 8;
        freed.alloc_count = 1;
        freed.peak_size = 8;
        freed.peak_count = 1;
        book.reserved(abi::kStackNested, 16, 2);
    }
    static RawFrame raw(std::string file, std::uint32_t line, std::string function) {
        RawFrame frame;
        frame.file = std::move(file);
        frame.line = line;
        frame.function = std::move(function);
        return frame;
    }
    template <typename Write>
    std::string text(bool as_recorded, Write write) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        auto rows = export_rows(resolver, skip, as_recorded, {});
        EXPECT_TRUE(rows);
        std::string out;
        const Sink sink = [&out](std::string_view piece) {
            out += piece;
            return Result<void>();
        };
        EXPECT_TRUE(write(*rows, symboliser.book(), sink));
        return out;
    }
    std::string folded(bool as_recorded = false) {
        return text(as_recorded, [&](const auto& rows, const auto& names, const Sink& sink) {
            return export_folded(rows, names, as_recorded, sink);
        });
    }
    std::string csv() {
        return text(false, [](const auto& rows, const auto& names, const Sink& sink) {
            return export_csv(rows, names, false, sink);
        });
    }
    Json speedscope(bool as_recorded = false) {
        return Json::parse(
            text(as_recorded, [&](const auto& rows, const auto& names, const Sink& sink) {
                return export_speedscope(rows, names, as_recorded, "heap \"1\"", sink);
            }));
    }
    void hostile(const std::string& function, const std::string& file) {
        book.table.traces.clear();
        book.trace({book.pc(1, {raw(file, 1, function)})}, 10, 1);
    }

    TraceBook book;
    Symboliser symboliser;
    SkipRules skip;
};

TEST_F(Export, Folded) {
    EXPECT_EQ(folded(),
              "main;make 120\n"
              "main;program+0x1030 64\n"
              "<inside a traced event> 16\n");
    EXPECT_THAT(folded(true), HasSubstr("main;make;std::alloc 100\n"));
    EXPECT_THAT(folded(true), HasSubstr("main;program+0x1030 64\n"));
}

TEST_F(Export, Csv) {
    EXPECT_EQ(csv(),
              "size,count,total_size,total_count,peak_size,peak_count,temporary_count,domain,"
              "traceback\r\n"
              "120,3,420,9,250,5,3,0,make;/src/make.cpp;7|main;/src/main.cpp;12\r\n"
              "64,1,64,1,0,0,0,5,program+0x1030;;0|main;/src/main.cpp;12\r\n"
              "16,2,16,2,0,0,0,0,<inside a traced event>;;0\r\n"
              "0,0,8,1,8,1,0,0,main;/src/main.cpp;12\r\n");
}

TEST_F(Export, Speedscope) {
    const Json json = speedscope();
    EXPECT_EQ(json["$schema"], "https://www.speedscope.app/file-format-schema.json");
    EXPECT_EQ(json["name"], "heap \"1\"");
    ASSERT_EQ(json["profiles"].size(), 3u);
    const Json& frames = json["shared"]["frames"];
    std::vector<std::string> names;
    for (const Json& profile : json["profiles"]) {
        names.push_back(profile["name"]);
        EXPECT_EQ(profile["type"], "sampled");
        EXPECT_EQ(profile["unit"], "bytes");
        EXPECT_EQ(profile["startValue"], 0);
        std::int64_t sum = 0;
        for (const Json& weight : profile["weights"]) sum += weight.get<std::int64_t>();
        EXPECT_EQ(profile["endValue"], sum);
        ASSERT_EQ(profile["samples"].size(), profile["weights"].size());
        for (const Json& sample : profile["samples"])
            for (const Json& frame : sample) EXPECT_LT(frame, frames.size());
    }
    EXPECT_THAT(names, ElementsAre("inuse_space", "alloc_space", "peak_space"));
    EXPECT_EQ(json["profiles"][0]["endValue"], 200);
    EXPECT_EQ(json["profiles"][1]["endValue"], 420 + 64 + 16 + 8);
    EXPECT_EQ(json["profiles"][2]["endValue"], 258);
    // Outermost first.
    const Json& sample = json["profiles"][0]["samples"][0];
    EXPECT_EQ(frames[sample[0].get<std::size_t>()],
              (Json{{"name", "main"}, {"file", "/src/main.cpp"}, {"line", 12}}));
    EXPECT_EQ(frames[sample[1].get<std::size_t>()]["name"], "make");
    // Where no line is known there is no file.
    EXPECT_THAT(frames, ::testing::Contains(Json{{"name", "program+0x1030"}}));
}

TEST_F(Export, OffsetsTellFramesApart) {
    book.table.traces.clear();
    for (const Pc pc : {book.pc(1, {}), book.pc(1, {})}) {
        book.code.symbols_at[pc.address - 1] = {"f", pc.address - 8, 16};
        book.trace({pc}, 1, 1);
    }
    EXPECT_EQ(folded(), "f 2\n");
    EXPECT_EQ(speedscope()["shared"]["frames"].size(), 1u);
    const std::string apart = folded(true);
    EXPECT_EQ(std::count(apart.begin(), apart.end(), '\n'), 2);
    EXPECT_EQ(speedscope(true)["shared"]["frames"].size(), 2u);
}

TEST_F(Export, HostileNames) {
    hostile("a;b\nc 7\r\x1b[2J", "/x;y|z\".cpp");
    EXPECT_EQ(folded(), "a\\x3bb\\x0ac 7\\x0d\\x1b[2J 10\n");
    EXPECT_THAT(csv(), ::testing::EndsWith(
                           "10,1,10,1,0,0,0,0,"
                           "\"a\\x3bb\\x0ac 7\\x0d\\x1b[2J;/x\\x3by\\x7cz\"\".cpp;1\"\r\n"));
    const Json frame = speedscope()["shared"]["frames"][0];
    EXPECT_EQ(frame["name"], "a;b\nc 7\r\x1b[2J");
    EXPECT_EQ(frame["file"], "/x;y|z\".cpp");
}

TEST_F(Export, HostileBytesAndFormulas) {
    hostile("=cmd|'/c calc'!A1,\xff", "f\xfe");
    EXPECT_EQ(folded(), "=cmd|'/c calc'!A1,\\xff 10\n");
    EXPECT_THAT(csv(), HasSubstr(",\"\\x3dcmd\\x7c'/c calc'!A1,\\xff;f\\xfe;1\"\r\n"));
    EXPECT_EQ(speedscope()["shared"]["frames"][0]["file"], "f\xef\xbf\xbd");
}

TEST_F(Export, AFailingSinkEndsIt) {
    Resolver resolver(symboliser, book.table, {&book.code, false});
    const auto rows = export_rows(resolver, skip, false, {});
    ASSERT_TRUE(rows);
    const Sink full = [](std::string_view) -> Result<void> { return fail(Code::io, "full"); };
    EXPECT_FALSE(export_folded(*rows, symboliser.book(), false, full));
    EXPECT_FALSE(export_csv(*rows, symboliser.book(), false, full));
    EXPECT_FALSE(export_speedscope(*rows, symboliser.book(), false, "", full));
    const auto stopped = export_rows(resolver, skip, false, [] { return true; });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Code::interrupted);
}

}  // namespace
}  // namespace mt::core::test
