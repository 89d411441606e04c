// SPDX-License-Identifier: MIT
//
// mt modules: each module, whether its symbols are known, from where, and where they were looked
// for.
#include <gmock/gmock.h>

#include <cstdlib>

#include "core_report_fixture.h"

namespace mt::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class Modules : public Report {
  protected:
    void SetUp() override {
        setenv("DEBUGINFOD_CACHE_PATH", "/no/cache", 1);
        builder.allocate(first, 100);
        build();
    }
};

TEST_F(Modules, SayWhereSymbolsComeFrom) {
    EXPECT_EQ(session.text("modules program"),
              "program: lines from the debugger\n"
              "  /usr/bin/program, at 0x555555554000, build-id 12ab\n");
    debugger.frames.clear();
    EXPECT_EQ(session.text("modules"),
              "program: no symbols\n"
              "  /usr/bin/program, at 0x555555554000, build-id 12ab\n"
              "libmemtrace.so: no symbols\n"
              "  /opt/memtrace/lib/libmemtrace.so, at 0x7ffff7f00000, without build-id\n");
}

TEST_F(Modules, SayWhereTheyLooked) {
    debugger.sysroot = "target:/root/";
    debugger.file_folders = "/a::/b";
    EXPECT_EQ(session.text("modules -v"),
              "program: lines from the debugger\n"
              "  /usr/bin/program, at 0x555555554000, build-id 12ab\n"
              "    /root/usr/bin/program: missing\n"
              "    /usr/bin/program: missing\n"
              "    /a/program: missing\n"
              "    /b/program: missing\n"
              "    /no/cache/12ab/executable: missing\n"
              "    /root/usr/lib/debug/.build-id/12/ab.debug: missing\n"
              "    /usr/lib/debug/.build-id/12/ab.debug: missing\n"
              "    /no/cache/12ab/debuginfo: missing\n"
              "libmemtrace.so: no symbols\n"
              "  /opt/memtrace/lib/libmemtrace.so, at 0x7ffff7f00000, without build-id\n"
              "    no file was looked for: which build it is cannot be told\n");
}

// Its paths are another machine's.
TEST_F(Modules, OfARemoteTargetAreNotLookedForAtTheirPaths) {
    debugger.remote = true;
    const std::string text = session.text("modules -v program");
    EXPECT_THAT(text, ::testing::Not(HasSubstr("    /usr/bin/program: ")));
    EXPECT_THAT(text, HasSubstr("    /usr/lib/debug/.build-id/12/ab.debug: missing\n"));
}

TEST_F(Modules, AsJson) {
    const Json all = json("modules --json");
    EXPECT_EQ(all["command"], "modules");
    ASSERT_EQ(all["modules"].size(), 2u);
    const Json& program = all["modules"][0];
    EXPECT_EQ(program["path"], "/usr/bin/program");
    EXPECT_EQ(program["build_id"], "12ab");
    EXPECT_EQ(program["start"], "0x555555554000");
    EXPECT_EQ(program["closed"], false);
    EXPECT_EQ(program["symbols"], "lines");
    EXPECT_EQ(program["from"], nullptr);
    EXPECT_EQ(program["looked_at"][0], (Json{{"path", "/usr/bin/program"}, {"found", "missing"}}));
    EXPECT_EQ(all["modules"][1]["symbols"], "none");
}

TEST_F(Modules, AreChosenByTheirNames) {
    EXPECT_THAT(session.text("modules 'lib*'"), ::testing::StartsWith("libmemtrace.so: "));
    EXPECT_THAT(session.text("modules '/usr/*'"), ::testing::StartsWith("program: "));
    EXPECT_EQ(session.error("modules nothing"),
              "no module is called nothing; mt modules lists them");
}

}  // namespace
}  // namespace mt::test
