// SPDX-License-Identifier: MIT
//
// mt save, mt load, mt export as a user types them: what a loaded snapshot says is
// what it said before, whoever can still be asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core_report_fixture.h"
#include "core_save_tables.h"

namespace mt::test {
namespace {

using core::test::TestFolder;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FileVerbs : public Report {
  protected:
    FileVerbs() {
        for (int i = 0; i < 3; ++i) builder.allocate(first, 100);
        builder.allocate(second, 50);
        builder.allocate(other, 4096);
        build();
    }
    static std::string content(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    // The reports on a snapshot, one after the other.
    static std::string reports(FakeSession& of, const std::string& snapshot) {
        std::string text;
        for (const char* options :
             {"", "--json", "--by filename", "--by function --json", "--by module", "--by domain",
              "--by traceback --json -n 0", "--by traceback --raw", "--raw --json", "--cumulative",
              "--sort total-size", "--min-size 60", "--function make* --json", "--source",
              "--by size", "--by size=exact --json"})
            text += of.text("stats " + snapshot + " " + options);
        return text + of.text("stats " + snapshot) + of.text("traceback 1") +
               of.text("traceback 2 --json");
    }
    TestFolder folder;
    const std::string file = folder / "a.pb.gz";
};

TEST_F(FileVerbs, LoadedIsAsItWas) {
    session.text("snapshot before --blocks");
    const std::string live = reports(session, "before");
    EXPECT_EQ(session.text("save " + file), "snapshot before saved to " + file + "\n");
    EXPECT_EQ(session.text("load " + file),
              "2: size=4446 B, count=5, 3 tracebacks, with blocks, from " + file + "\n");
    EXPECT_EQ(reports(session, "2"), live);
    // Where nothing is known but the file.
    FakeDebugger empty;
    empty.kind = MTC_TARGET_NONE;
    FakeSession elsewhere(empty);
    elsewhere.text("load " + file);
    EXPECT_EQ(reports(elsewhere, "1"), live);
    EXPECT_EQ(empty.symbolised, 0u);
}

// Frames that no report has named yet are named while that is possible.
TEST_F(FileVerbs, AllFramesAreNamed) {
    session.text("snapshot --by module");
    session.text("save " + file);
    debugger.kind = MTC_TARGET_EXITED;
    debugger.frames.clear();
    session.text("load " + file);
    EXPECT_THAT(session.text("stats 2 --by traceback"), HasSubstr("\"/src/main.cpp\", line 12"));
}

TEST_F(FileVerbs, DiffOfLoadedAgainstLive) {
    session.text("snapshot");
    session.text("save " + file);
    builder.allocate(second, 1000);
    build();
    const std::string live = session.text("diff 1");
    EXPECT_THAT(live, HasSubstr("size=1350 B (+1000 B)"));
    session.text("load " + file);
    EXPECT_EQ(session.text("diff 2"), live);
    session.text("snapshot");
    const std::string text = session.text("diff 1 3");
    nlohmann::json document = json("diff 1 3 --json");
    session.text("save " + folder / "b" + " 3");
    session.text("load " + folder / "b");
    EXPECT_EQ(session.text("diff 2 4"), text);
    document["old"] = "2";
    document["new"] = "4";
    EXPECT_EQ(json("diff 2 4 --json"), document);
}

TEST_F(FileVerbs, TheSnapshotThatIsMeant) {
    session.text("snapshot one");
    builder.allocate(second, 1000);
    build();
    session.text("snapshot two");
    EXPECT_EQ(session.text("save " + file + " one"), "snapshot one saved to " + file + "\n");
    EXPECT_THAT(session.text("load " + file + " back"),
                StartsWith("3 back: size=4446 B, count=5, 3 tracebacks, from "));
    EXPECT_THAT(session.error("load " + file + " back"), HasSubstr("--replace forgets it"));
    EXPECT_THAT(session.error("load " + file + " 7"), HasSubstr("a word, not a number"));
    session.text("load " + file + " back --replace");
    EXPECT_THAT(session.text("list"),
                AllOf(HasSubstr("2 two: "), HasSubstr("4 back: "), Not(HasSubstr("3 back"))));
    EXPECT_EQ(json("list --json")["snapshots"][2]["file"], file);
    EXPECT_FALSE(json("list --json")["snapshots"][0].contains("file"));
}

TEST_F(FileVerbs, Mistakes) {
    EXPECT_EQ(session.error("save " + file), "there is no snapshot yet; mt snapshot takes one");
    session.text("snapshot");
    EXPECT_EQ(session.error("save"), "mt save takes the name of a file");
    EXPECT_EQ(session.error("save ''"), "mt save takes the name of a file");
    EXPECT_EQ(session.error("load"), "mt load takes the name of a file");
    EXPECT_EQ(session.error("save " + file + " nope"),
              "there is no snapshot nope; mt list shows them");
    EXPECT_FALSE(std::filesystem::exists(file));
    session.text("save " + file);
    EXPECT_EQ(session.error("save " + file),
              "cannot write " + file + ": it exists already; --replace overwrites it");
    session.text("save " + file + " --replace");
    EXPECT_EQ(session.error("load " + folder / "no"),
              "cannot read " + folder / "no" + ": No such file or directory");
    std::ofstream(folder / "text") << "no profile\n";
    EXPECT_EQ(session.error("load " + folder / "text"),
              "cannot load " + folder / "text" + ": it is no pprof profile");
    const std::string whole = content(file);
    std::ofstream(folder / "cut", std::ios::binary) << whole.substr(0, whole.size() / 2);
    EXPECT_EQ(session.error("load " + folder / "cut"),
              "cannot load " + folder / "cut" +
                  ": its gzip data ends in the middle: the file was cut short");
    EXPECT_EQ(session.error("export"),
              "mt export takes one of folded, speedscope, csv, json, not "
              "nothing");
    EXPECT_THAT(session.error("export svg " + file), HasSubstr("not svg"));
    EXPECT_EQ(session.error("export csv"), "mt export takes a format and the name of a file");
    // Nothing was kept of all that.
    EXPECT_EQ(session.text("list"), "1: size=4446 B, count=5, 3 tracebacks\n");
}

TEST_F(FileVerbs, NamesInFilesAreText) {
    session.text("snapshot");
    const std::string odd = folder / "o\x1b[2J\n";
    EXPECT_EQ(session.run("save '" + odd + "'"), MTC_OK);
    EXPECT_EQ(session.run("load '" + odd + "'"), MTC_OK);
    EXPECT_THAT(session.text("list"), HasSubstr("o\\x1b[2J\\x0a\n"));
}

TEST_F(FileVerbs, Home) {
    const char* const before = std::getenv("HOME");
    const std::string kept = before == nullptr ? "" : before;
    setenv("HOME", folder.path().c_str(), 1);
    session.text("snapshot");
    EXPECT_EQ(session.text("save ~/a"), "snapshot 1 saved to ~/a\n");
    EXPECT_TRUE(std::filesystem::exists(folder / "a"));
    EXPECT_THAT(session.text("load ~/a"), EndsWith("from ~/a\n"));
    if (before != nullptr) setenv("HOME", kept.c_str(), 1);
}

TEST_F(FileVerbs, CtrlCLeavesEverythingAsItWas) {
    session.text("snapshot");
    session.text("save " + file);
    const std::string old = content(file);
    debugger.interrupt_after = 0;
    EXPECT_EQ(session.run("load " + file), MTC_INTERRUPTED);
    EXPECT_EQ(session.run("save " + file + " --replace"), MTC_INTERRUPTED);
    debugger.interrupt_after = UINT64_MAX;
    EXPECT_EQ(content(file), old);
    EXPECT_EQ(session.text("list"), "1: size=4446 B, count=5, 3 tracebacks\n");
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        files += entry.is_regular_file() ? 1 : 0;
    EXPECT_EQ(files, 1u);
}

TEST_F(FileVerbs, Exports) {
    session.text("snapshot");
    EXPECT_EQ(session.text("export folded " + folder / "f"),
              "snapshot 1 exported to " + folder / "f" + "\n");
    EXPECT_EQ(content(folder / "f"), "main 4096\nmain;make(int) 300\nmain;make(int) 50\n");
    session.text("export csv " + folder / "c" + " 1");
    EXPECT_THAT(content(folder / "c"), HasSubstr("\r\n4096,1,4096,1,"));
    session.text("export speed " + folder / "s");
    EXPECT_EQ(nlohmann::json::parse(content(folder / "s"))["profiles"].size(), 3u);
    session.text("export json " + folder / "j");
    auto exported = nlohmann::json::parse(content(folder / "j"));
    auto shown = json("stats --by traceback -n 0 --json");
    EXPECT_EQ(exported["command"], "export");
    exported.erase("command");
    shown.erase("command");
    EXPECT_EQ(exported, shown);
    EXPECT_THAT(session.error("export csv " + folder / "c"), HasSubstr("--replace overwrites it"));
    session.text("export csv --raw --replace " + folder / "c");
    EXPECT_THAT(content(folder / "c"), HasSubstr("operator new"));
    struct stat info {};
    ASSERT_EQ(stat((folder / "c").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(FileVerbs, Completion) {
    session.text("snapshot before");
    EXPECT_THAT(session.complete("export "),
                ::testing::ElementsAre("csv", "folded", "json", "speedscope"));
    EXPECT_THAT(session.complete("save x b"), ::testing::ElementsAre("before"));
    EXPECT_THAT(session.complete("export csv x b"), ::testing::ElementsAre("before"));
    EXPECT_THAT(session.complete("save "), ::testing::IsEmpty());
}

// A foreign profile's remark is said when it is loaded and with each report.
TEST_F(FileVerbs, Remarks) {
    const std::string text =
        session.text(std::string("load ") + MEMTRACE_TEST_DATA + "/jemalloc-5.3.0.heap");
    EXPECT_THAT(text, HasSubstr("\nremark: all figures are estimates"));
    EXPECT_THAT(session.text("stats 1"), HasSubstr("remark: all figures are estimates"));
}

}  // namespace
}  // namespace mt::test
