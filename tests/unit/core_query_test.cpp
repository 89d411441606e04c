// SPDX-License-Identifier: MIT
//
// mtc_query: what a script's requests must look like, what they answer, and that a
// request that fails or is interrupted leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/fake_debugger.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr std::uint64_t kMake = 0x555555554100, kMain = 0x555555554200, kOther = 0x555555554300;

// Three blocks of 8 from make:3 under main:7, one of 100 from other:9; one was freed.
FakeDebugger two_lines() {
    TableBuilder builder;
    const auto small = builder.add_stack({kMake, kMain});
    const auto large = builder.add_stack({kOther});
    for (int i = 0; i < 3; ++i) builder.allocate(small, 8);
    builder.allocate(large, 100);
    builder.release(builder.allocate(large, 50));
    FakeDebugger debugger(builder.build());
    debugger.frames[kMake] = {{"/src/a.c", 3, "make"}};
    debugger.frames[kMain] = {{"/src/a.c", 7, "main"}};
    debugger.frames[kOther] = {{"/src/b.c", 9, "other"}};
    debugger.sources[{"/src/a.c", 3}] = "  return malloc(8);";
    return debugger;
}

class Scripted {
  public:
    explicit Scripted(FakeDebugger start = two_lines())
        : debugger(std::move(start)), session(debugger) {}

    int query(const std::string& request) {
        answer_.clear();
        debugger.printed.clear();
        const auto add = [](void* sink, const char* text) {
            static_cast<std::string*>(sink)->append(text);
        };
        const int status = mtc_query(session.get(), request.c_str(), add, &answer_);
        EXPECT_EQ(debugger.printed, "") << request;
        EXPECT_EQ(status == MTC_OK, !answer_.empty()) << request;
        return status;
    }

    Json answer(const Json& request) {
        EXPECT_EQ(query(request.dump()), MTC_OK) << request << mtc_error(session.get());
        return Json::parse(answer_, nullptr, false);
    }

    std::string error(int status, const Json& request) {
        EXPECT_EQ(query(request.dump()), status) << request << answer_;
        const std::string text = mtc_error(session.get());
        EXPECT_NE(text, "");
        EXPECT_EQ(text.find('\n'), std::string::npos);
        return text;
    }

    Json take() { return answer({{"op", "take_snapshot"}})["snapshot"]; }

    // "NAME:LINE size count" of each row.
    std::vector<std::string> rows(const Json& snapshot, const std::string& key,
                                  const Json& filters = Json::array(), bool cumulative = false) {
        const Json said = answer({{"op", "statistics"},
                                  {"snapshot", snapshot},
                                  {"key_type", key},
                                  {"cumulative", cumulative},
                                  {"filters", filters}});
        std::vector<std::string> rows;
        for (const Json& row : said["rows"]) {
            const Json frame = said["frames"][said["tracebacks"][row[6].get<int>()][0].get<int>()];
            rows.push_back(said["texts"][frame[0].get<int>()].get<std::string>() + ":" +
                           frame[1].dump() + " " + row[0].dump() + " " + row[1].dump());
        }
        return rows;
    }

    FakeDebugger debugger;
    FakeSession session;

  private:
    std::string answer_;
};

using Rows = std::vector<std::string>;

TEST(Requests, ThatAreNoneAreRefusedInOneLine) {
    Scripted script;
    for (const char* text :
         {"", "{", "[]", "1", "{}", R"({"op":1})", R"({"op":"no\nsuch"})", "{\"op\":\"\xff\"}",
          R"({"op":"is_tracing","more":1})", R"({"op":"release"})",
          R"({"op":"release","snapshot":-1})", R"({"op":"release","snapshot":"1"})",
          R"({"op":"start"})", R"({"op":"source_lines","places":[["a"]]})",
          R"({"op":"source_lines","places":{"a":1}})"}) {
        EXPECT_EQ(script.query(text), MTC_BAD_VALUE) << text;
        EXPECT_EQ(std::string(mtc_error(script.session.get())).find('\n'), std::string::npos);
        EXPECT_STRNE(mtc_error(script.session.get()), "");
    }
    EXPECT_EQ(script.query(std::string(100000, '[')), MTC_BAD_VALUE);
    EXPECT_EQ(mtc_query(script.session.get(), nullptr, nullptr, nullptr), MTC_ERROR);
    EXPECT_EQ(mtc_query(nullptr, "{}", nullptr, nullptr), MTC_ERROR);
    EXPECT_EQ(script.error(MTC_BAD_VALUE, {{"op", "release"}, {"snapshot", 1}, {"x", 1}}),
              "release has no field x");
}

TEST(Requests, FiltersAreChecked) {
    Scripted script;
    const Json snapshot = script.take();
    for (const char* filters :
         {"1", "[1]", "[[1]]", "[[{}]]", R"([[{"inclusive":1,"pattern":"a"}]])",
          R"([[{"inclusive":true}]])", R"([[{"inclusive":true,"pattern":1}]])",
          R"([[{"inclusive":true,"pattern":"a","line":-1}]])",
          R"([[{"inclusive":true,"pattern":"a","domain":4294967296}]])",
          R"([[{"inclusive":true,"pattern":"a","all_frames":1}]])"})
        script.error(MTC_BAD_VALUE, {{"op", "statistics"},
                                     {"snapshot", snapshot},
                                     {"key_type", "lineno"},
                                     {"cumulative", false},
                                     {"filters", Json::parse(filters)}});
    EXPECT_EQ(script.rows(snapshot, "lineno"), (Rows{"/src/b.c:9 100 1", "/src/a.c:3 24 3"}));
}

TEST(Snapshots, AreHeldUntilTheyAreReleased) {
    Scripted script;
    const Json one = script.take(), two = script.take();
    EXPECT_NE(one, two);
    EXPECT_EQ(script.session.text("list"), "no snapshots; mt snapshot takes one\n");
    script.answer({{"op", "release"}, {"snapshot", one}});
    EXPECT_EQ(script.error(MTC_ERROR, {{"op", "traces"},
                                       {"snapshot", one},
                                       {"filters", Json::array()},
                                       {"from", 0},
                                       {"count", 1}}),
              "this snapshot is gone");
    script.answer({{"op", "release"}, {"snapshot", one}});
    EXPECT_EQ(script.rows(two, "filename"), (Rows{"/src/b.c:0 100 1", "/src/a.c:0 24 3"}));
}

TEST(Snapshots, ThoseOfTheCommandByName) {
    Scripted script;
    script.session.text("snapshot before");
    const Json kept = script.answer({{"op", "kept_snapshot"}, {"name", "before"}})["snapshot"];
    EXPECT_EQ(script.rows(kept, "lineno"), script.rows(script.take(), "lineno"));
    EXPECT_THAT(script.error(MTC_ERROR, {{"op", "traces"},
                                         {"snapshot", kept},
                                         {"filters", Json::array()},
                                         {"from", 0},
                                         {"count", 1}}),
                HasSubstr("--blocks"));
    script.session.text("drop before");
    EXPECT_EQ(script.rows(kept, "lineno").size(), 2u);
    script.error(MTC_BAD_VALUE, {{"op", "kept_snapshot"}, {"name", "before"}});
}

TEST(Statistics, TheFreedCountInTheTotals) {
    Scripted script;
    const Json said = script.answer({{"op", "statistics"},
                                     {"snapshot", script.take()},
                                     {"key_type", "filename"},
                                     {"cumulative", false},
                                     {"filters", Json::array()}});
    // size, count, total_size, total_count, temporary_count, samples, traceback
    EXPECT_EQ(said["rows"][0], Json::parse("[100,1,150,2,0,0,0]"));
    EXPECT_EQ(said["rows"][1], Json::parse("[24,3,24,3,0,0,1]"));
}

TEST(Statistics, CumulativeFilteredAndRefused) {
    Scripted script;
    const Json snapshot = script.take();
    EXPECT_EQ(script.rows(snapshot, "lineno", Json::array(), true),
              (Rows{"/src/b.c:9 100 1", "/src/a.c:7 24 3", "/src/a.c:3 24 3"}));
    const Json only_main = Json::parse(
        R"([[{"inclusive":true,"pattern":"*.c","line":7,"all_frames":true,"domain":null}]])");
    EXPECT_EQ(script.rows(snapshot, "lineno", only_main), (Rows{"/src/a.c:3 24 3"}));
    // Lists are applied one after the other.
    Json both = only_main;
    both.push_back(Json::parse(R"([{"inclusive":false,"pattern":"/src/a.c"}])"));
    EXPECT_EQ(script.rows(snapshot, "lineno", both), Rows{});
    const auto refused = [&](const char* key, bool cumulative) {
        return script.error(MTC_BAD_VALUE, {{"op", "statistics"},
                                            {"snapshot", snapshot},
                                            {"key_type", key},
                                            {"cumulative", cumulative},
                                            {"filters", Json::array()}});
    };
    EXPECT_EQ(script.rows(snapshot, "size"),
              (Rows{"64 B to below 128 B:0 100 1", "8 B to below 16 B:0 24 3"}));
    EXPECT_EQ(script.rows(snapshot, "size=exact", only_main), (Rows{"8 B:0 24 3"}));
    EXPECT_EQ(refused("foo", false), "unknown key_type: 'foo'");
    EXPECT_EQ(refused("size", true), "cumulative mode cannot by used with key type 'size'");
    EXPECT_EQ(refused("traceback", true),
              "cumulative mode cannot by used with key type 'traceback'");
}

TEST(Statistics, NamesThatAreNoUtf8AreReplaced) {
    Scripted script;
    script.debugger.frames[kOther] = {{"/src/\xff\"\n.c", 9, "other"}};
    EXPECT_EQ(script.rows(script.take(), "lineno")[0], "/src/\xef\xbf\xbd\"\n.c:9 100 1");
}

TEST(Traces, PagesAndPositions) {
    Scripted script;
    const Json snapshot = script.take();
    Json sizes = Json::array();
    for (int from = 0; from < 6; from += 2) {
        const Json page = script.answer({{"op", "traces"},
                                         {"snapshot", snapshot},
                                         {"filters", Json::array()},
                                         {"from", from},
                                         {"count", 2}});
        EXPECT_EQ(page["total"], 4);
        for (const Json& row : page["rows"]) sizes.push_back(row[1]);
    }
    EXPECT_EQ(sizes, Json::parse("[8,8,8,100]"));
    const Json filters = Json::parse(R"([[{"inclusive":false,"pattern":"/src/a.c"}]])");
    const Json chosen = script.answer({{"op", "positions"},
                                       {"snapshot", snapshot},
                                       {"filters", filters},
                                       {"from", 0},
                                       {"count", 10}});
    EXPECT_EQ(chosen["total"], 1);
    // A traceback's frames before the limit cut them.
    const Json row = script.answer({{"op", "traces"},
                                    {"snapshot", snapshot},
                                    {"filters", Json::array()},
                                    {"from", 0},
                                    {"count", 1}})["rows"][0];
    EXPECT_EQ(row[3], 2);
}

TEST(Made, TracesOfAScriptOwn) {
    Scripted script;
    const Json request = {{"op", "make_snapshot"},
                          {"traceback_limit", 2},
                          {"tracebacks", Json::parse(R"([[["a",2],["b",4]],[["malloc",0]]])")},
                          {"traces", Json::parse("[[0,10,0,2],[1,5,1,9],[0,10,0,2]]")}};
    const Json made = script.answer(request)["snapshot"];
    // Nothing is skipped: the script says what its frames are.
    EXPECT_EQ(script.rows(made, "lineno"), (Rows{"a:2 20 2", "malloc:0 5 1"}));
    Json bad = request;
    for (const char* traces : {"[1]", "[[0,1,0]]", "[[0,1,2,1]]", "[[0,-1,0,1]]", "[[0,1,0,65536]]",
                               "[[4294967296,1,0,1]]", "[[0,1.5,0,1]]"}) {
        bad["traces"] = Json::parse(traces);
        script.error(MTC_BAD_VALUE, bad);
    }
    bad["traces"] = Json::array();
    for (const char* tracebacks :
         {"[[]]", "[1]", R"([[["a"]]])", R"([[[1,1]]])", R"([[["a",-1]]])"}) {
        bad["tracebacks"] = Json::parse(tracebacks);
        script.error(MTC_BAD_VALUE, bad);
    }
    bad["tracebacks"] = Json::array({Json(std::vector<Json>(257, Json::parse(R"(["a",1])")))});
    EXPECT_EQ(script.error(MTC_BAD_VALUE, bad), "a traceback has 1 to 256 frames");
}

TEST(Tracing, RequestsArriveAsTheCommandsWriteThem) {
    Scripted script, command;
    const auto same = [&](const Json& request, const std::string& line) {
        script.debugger.writes.clear();
        command.debugger.writes.clear();
        script.answer(request);
        command.session.text(line);
        EXPECT_EQ(script.debugger.writes, command.debugger.writes) << line;
    };
    same({{"op", "start"}, {"frames", 5}}, "start 5");
    same({{"op", "clear_traces"}}, "clear");
    same({{"op", "stop"}}, "stop");
    same({{"op", "start"}, {"frames", 7}}, "start 7");
    same({{"op", "reset_peak"}}, "peak --reset");
    EXPECT_EQ(script.answer({{"op", "get_traceback_limit"}})["limit"], 7);
    for (const char* frames : {"0", "-1", "65536", "1.5", "\"5\"", "null", "18446744073709551616"})
        EXPECT_EQ(script.error(MTC_BAD_VALUE, {{"op", "start"}, {"frames", Json::parse(frames)}}),
                  "the number of frames must be in range [1; 65535]");
}

TEST(Tracing, WhatACoreFileRefuses) {
    Scripted script;
    script.debugger.kind = MTC_TARGET_CORE;
    for (const char* op : {"stop", "clear_traces", "reset_peak"})
        EXPECT_THAT(script.error(MTC_ERROR, {{"op", op}}), StartsWith("a core file cannot be"));
    script.error(MTC_ERROR, {{"op", "start"}, {"frames", 1}});
    EXPECT_TRUE(script.debugger.writes.empty());
    EXPECT_EQ(script.rows(script.take(), "lineno").size(), 2u);
}

TEST(Tracing, WithoutAProgram) {
    Scripted script;
    script.debugger.kind = MTC_TARGET_EXITED;
    EXPECT_EQ(script.answer({{"op", "is_tracing"}}), Json::parse(R"({"tracing":false})"));
    for (const char* op : {"take_snapshot", "get_traced_memory", "get_tracer_memory", "stop"})
        EXPECT_THAT(script.error(MTC_ERROR, {{"op", op}}), HasSubstr("has exited")) << op;
}

TEST(Lookup, TheBlockAtAnAddress) {
    TableBuilder builder;
    const auto stack = builder.add_stack({kMake, kMain});
    const auto block = builder.allocate(stack, 8);
    const auto empty = builder.allocate(stack, 0);
    builder.track(5, 77, stack, 100);
    Scripted script{FakeDebugger(builder.build())};
    const auto found = [&](std::uint64_t address) {
        return !script.answer({{"op", "object_traceback"}, {"address", address}})["tracebacks"]
                    .empty();
    };
    EXPECT_TRUE(found(block) && found(block + 7) && found(empty));
    EXPECT_FALSE(found(block + 8) || found(block - 1) || found(empty + 1) || found(77));
    EXPECT_FALSE(found(0) || found(UINT64_MAX));
    script.error(MTC_BAD_VALUE, {{"op", "object_traceback"}, {"address", -1}});
}

TEST(Lookup, SourceLines) {
    Scripted script;
    const Json places = Json::parse(R"([["/src/a.c",3],["/src/a.c",0],["/none",1]])");
    EXPECT_EQ(script.answer({{"op", "source_lines"}, {"places", places}})["lines"],
              Json::parse(R"(["  return malloc(8);","",""])"));
}

TEST(Interrupt, LeavesNothingBehind) {
    const std::vector<Json> requests = {{{"op", "take_snapshot"}},
                                        {{"op", "object_traceback"}, {"address", 8}}};
    for (const Json& request : requests) {
        Scripted script;
        script.debugger.reads_interrupt = true;
        EXPECT_EQ(script.query(request.dump()), MTC_INTERRUPTED);
        script.debugger.reads_interrupt = false;
        script.debugger.interrupt_after = 0;
        const int status = script.query(request.dump());
        EXPECT_TRUE(status == MTC_INTERRUPTED || request["op"] == "object_traceback");
        script.debugger.interrupt_after = UINT64_MAX;
        // Handles are counted from one.
        EXPECT_EQ(script.take(), 1);
    }
}

TEST(Interrupt, WhileASnapshotIsLookedAt) {
    Scripted script;
    const Json snapshot = script.take();
    const Json filters = Json::parse(R"([[{"inclusive":true,"pattern":"/src/a.c"}]])");
    const Json statistics = {{"op", "statistics"},
                             {"snapshot", snapshot},
                             {"key_type", "traceback"},
                             {"cumulative", false},
                             {"filters", filters}};
    const Json traces = {
        {"op", "traces"}, {"snapshot", snapshot}, {"filters", filters}, {"from", 0}, {"count", 10}};
    for (const Json& request : {statistics, traces}) {
        script.debugger.interrupt_after = 0;
        EXPECT_EQ(script.query(request.dump()), MTC_INTERRUPTED) << request;
        script.debugger.interrupt_after = UINT64_MAX;
        script.answer(request);
    }
    EXPECT_EQ(script.answer(traces)["total"], 3);
}

TEST(Border, NothingIsThrownAcrossAndNothingIsAskedWithin) {
    Scripted script;
    script.debugger.before_read = [] { throw std::runtime_error("callback"); };
    EXPECT_THAT(script.error(MTC_ERROR, {{"op", "take_snapshot"}}),
                StartsWith("memtrace failed inside the debugger"));
    script.debugger.before_read = [] { throw std::bad_alloc(); };
    EXPECT_EQ(script.error(MTC_ERROR, {{"op", "take_snapshot"}}),
              "memtrace ran out of memory inside the debugger");
    int inner = MTC_OK;
    std::string why;
    script.debugger.before_read = [&] {
        inner = mtc_query(
            script.session.get(), R"({"op":"is_tracing"})", [](void*, const char*) {}, nullptr);
        why = mtc_error(script.session.get());
    };
    EXPECT_EQ(script.take(), 1);
    EXPECT_EQ(inner, MTC_ERROR);
    EXPECT_EQ(why, "memtrace is busy with another command of this program");
    // The outer call's own error is the one that is told.
    EXPECT_EQ(script.error(MTC_BAD_VALUE, {{"op", "kept_snapshot"}, {"name", "x"}}),
              "there is no snapshot x; mt list shows them");
}

}  // namespace
}  // namespace mt::test
