// SPDX-License-Identifier: MIT
//
// mt report: what the page's data say, that a traced program's names cannot become markup, and
// what is merged where there is too much. How it looks is tests/browser's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/reports/page_tree.h"
#include "core_report_fixture.h"
#include "page/assets.h"
#include "page/page.h"
#include "support/test_folder.h"

namespace mt::test {
namespace {

using core::page_string;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(PageString, IsTextWhereverItStands) {
    const std::string text = page_string("</script><!--<script>&amp;\"'\\");
    EXPECT_EQ(text, R"("\u003c/script\u003e\u003c!--\u003cscript\u003e\u0026amp;\"'\\")");
    EXPECT_EQ(nlohmann::json::parse(text), "</script><!--<script>&amp;\"'\\");
}

TEST(PageString, HasNothingThatABrowserObeys) {
    EXPECT_EQ(page_string("a\n\t\x01z"), R"("a\\x0a\\x09\\x01z")");
    EXPECT_EQ(page_string("a\xe2\x80\xaez\xe2\x80\xa8"), R"("a\\xe2\\x80\\xaez\\xe2\\x80\\xa8")");
    EXPECT_EQ(page_string("\xff\xc3"), R"("\\xff\\xc3")");
    EXPECT_EQ(page_string("gr\xc3\xb6\xc3\x9f"
                          "er"),
              "\"gr\xc3\xb6\xc3\x9f"
              "er\"");
}

TEST(PageString, IsShortenedInTheMiddle) {
    const std::string name = "begin" + std::string(100'000, 'N') + "::end()";
    const std::string text = page_string(name);
    EXPECT_EQ(text.size(), core::kLongestPageText + 2);
    EXPECT_THAT(text, StartsWith("\"beginNN"));
    EXPECT_THAT(text, EndsWith("NN::end()\""));
    EXPECT_THAT(text, HasSubstr("NN...NN"));
    const std::string whole(core::kLongestPageText, 'x');
    EXPECT_EQ(page_string(whole), "\"" + whole + "\"");
    // Of characters of several bytes none is cut.
    std::string wide;
    for (int i = 0; i < 50'000; ++i) wide += "\xe2\x82\xac";
    const std::string shown = nlohmann::json::parse(page_string(wide));
    EXPECT_EQ(shown.size(), (core::kLongestPageText - 3) * 3 + 3);
}

core::RowFrame frame(core::FrameBook& book, const std::string& function) {
    core::RowFrame made;
    made.label = made.file = book.text("/src/a.cpp");
    made.function = book.text(function);
    return made;
}

TEST(PageTree, StoresEachBeginningOnce) {
    core::FrameBook book;
    core::PageTree tree(book);
    const auto main = frame(book, "main"), f = frame(book, "f"), g = frame(book, "g");
    EXPECT_EQ(tree.stack({f, main}), 0u);
    EXPECT_EQ(tree.stack({g, main}), 1u);
    EXPECT_EQ(tree.stack({main}), 2u);
    EXPECT_EQ(tree.stack({f, main}), 0u);
    core::PageReport report;
    tree.give_to(report);
    EXPECT_EQ(report.nodes.size(), 4u);   // the root, main, f, g
    EXPECT_EQ(report.frames.size(), 4u);  // none, main, f, g
    EXPECT_EQ(report.nodes[report.stacks[0]].parent, report.stacks[2]);
}

TEST(PageTree, MergesWhatDoesNotFit) {
    core::FrameBook book;
    core::PageTree tree(book, {.stacks = 2, .nodes = 100});
    for (const char* name : {"a", "b", "c", "d"}) tree.stack({frame(book, name)});
    EXPECT_EQ(tree.stack({frame(book, "e")}), 2u);
    EXPECT_EQ(tree.merged(), 3u);
    core::PageTree narrow(book, {.stacks = 100, .nodes = 3});
    for (const char* name : {"a", "b", "c", "d"}) narrow.stack({frame(book, name)});
    EXPECT_EQ(narrow.merged(), 2u);
    core::PageReport report;
    narrow.give_to(report);
    EXPECT_EQ(book.text(report.frames[report.nodes.back().frame].label), core::PageTree::kOthers);
}

class PageVerb : public Report {
  protected:
    PageVerb() {
        for (int i = 0; i < 3; ++i) builder.allocate(first, 100);
        builder.allocate(second, 50);
        builder.allocate(other, 4096);
        build();
        debugger.sources[{"/src/main.cpp", 20}] = "    int </script> = 1;";
    }
    // The data of the page that this command writes.
    nlohmann::json data(const std::string& words) {
        const std::string path = folder / "page.html";
        EXPECT_EQ(session.text("report " + path + " --replace " + words),
                  "report written to " + path + "\n");
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        page = text.str();
        const std::string begin = "<script type=\"application/json\" id=\"data\">";
        const auto at = page.find(begin) + begin.size();
        return nlohmann::json::parse(page.substr(at, page.find("</script>", at) - at));
    }
    // "main;make": size of each stack in a measure.
    static std::map<std::string, std::int64_t> sizes(const nlohmann::json& data,
                                                     std::size_t which) {
        std::map<std::string, std::int64_t> sizes;
        const auto& nodes = data["nodes"];
        for (std::size_t i = 0; i < data["stacks"]["node"].size(); ++i) {
            std::string text;
            for (std::size_t node = data["stacks"]["node"][i]; node != 0;
                 node -= nodes["up"][node].get<std::size_t>()) {
                const std::size_t at = nodes["frame"][node];
                const std::size_t function = data["frames"]["function"][at];
                const std::string name = data["texts"][function];
                const std::int64_t line = data["frames"]["line"][at];
                text = name + ":" + std::to_string(line) + (text.empty() ? "" : ";") + text;
            }
            sizes[text] += data["measures"][which]["size"][i].get<std::int64_t>();
        }
        return sizes;
    }
    TestFolder folder;
    std::string page;
};

#define SKIP_WITHOUT_PAGE() \
    if (core::page_assets().head.empty()) GTEST_SKIP() << "built without the page (npm)"

TEST_F(PageVerb, HasTheFiguresOfEachStack) {
    SKIP_WITHOUT_PAGE();
    session.text("snapshot before");
    const nlohmann::json made = data("before");
    EXPECT_EQ(made["kind"], "snapshot");
    EXPECT_EQ(made["measures"][0]["id"], "live");
    const std::map<std::string, std::int64_t> wanted = {
        {"main:12;make(int):7", 300}, {"main:20;make(int):7", 50}, {"main:20", 4096}};
    EXPECT_EQ(sizes(made, 0), wanted);
    EXPECT_THAT(made["subtitle"].get<std::string>(),
                HasSubstr("snapshot before; live 4446 B in 5 blocks"));
    // Nothing ends its element but what is ours.
    EXPECT_EQ(made["texts"][made["source"]["text"][0].get<std::size_t>()], "int </script> = 1;");
    std::size_t ends = 0;
    for (auto at = page.find("</script>"); at != std::string::npos;
         at = page.find("</script>", at + 1))
        ++ends;
    EXPECT_EQ(ends, 2u);
}

TEST_F(PageVerb, WithoutASnapshotIsAboutNow) {
    SKIP_WITHOUT_PAGE();
    const nlohmann::json made = data("");
    EXPECT_THAT(made["subtitle"].get<std::string>(), StartsWith("now; live 4446 B"));
    std::vector<std::string> tables;
    for (const auto& table : made["tables"]) tables.push_back(table["id"]);
    EXPECT_THAT(tables, ::testing::Contains("sizes"));
    const auto& rows = made["tables"][0]["rows"];
    EXPECT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0][1], 50);  // the smallest blocks first
    EXPECT_EQ(data("--peak")["kind"], "peak");
}

TEST_F(PageVerb, ComparesTwoSnapshots) {
    SKIP_WITHOUT_PAGE();
    session.text("snapshot before");
    builder.allocate(first, 1000);
    build();
    session.text("snapshot after");
    const nlohmann::json made = data("--diff before after");
    EXPECT_EQ(made["kind"], "diff");
    EXPECT_EQ(sizes(made, 0).at("main:12;make(int):7"), 1300);
    EXPECT_EQ(sizes(made, 1).at("main:12;make(int):7"), 300);
    EXPECT_EQ(sizes(made, 1).at("main:20"), 4096);
}

// The program gives its code any name.
TEST_F(PageVerb, NamesAreOnlyText) {
    SKIP_WITHOUT_PAGE();
    debugger.frames[kMake] = {
        {"/src/</script><script>bad()</script>", 7, "<img src=x onerror=bad()>"}};
    const nlohmann::json made = data("");
    EXPECT_THAT(made["texts"], ::testing::Contains("<img src=x onerror=bad()>"));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_THAT(page, Not(HasSubstr("bad()</script")));
}

// A page may ask for nothing and run nothing but its own script.
TEST(PageAssets, HaveAPolicyAndNoAddresses) {
    const core::PageAssets assets = core::page_assets();
    if (assets.head.empty()) GTEST_SKIP() << "built without the page (npm)";
    EXPECT_THAT(std::string(assets.head),
                HasSubstr("content=\"default-src 'none'; script-src 'sha256-"));
    EXPECT_THAT(std::string(assets.head), Not(HasSubstr("unsafe")));
    EXPECT_LT(assets.head.size() + assets.tail.size(), 400u * 1024);
    for (const std::string_view part : {assets.head, assets.tail}) {
        EXPECT_EQ(part.find(" src="), std::string_view::npos);
        EXPECT_EQ(part.find("@import"), std::string_view::npos);
    }
}

TEST_F(PageVerb, SaysWhatItTakes) {
    EXPECT_EQ(session.error("report"), "mt report takes the name of a file");
    EXPECT_EQ(session.error("report a.html --peak --leaks"),
              "mt report takes one of --peak, --diff and --leaks, not several");
    EXPECT_EQ(session.error("report a.html before --peak"),
              "mt report --peak looks at the process as it is now, not at snapshot before");
    EXPECT_EQ(session.error("report a.html one two"),
              "mt report takes the name of a file and one snapshot; two with --diff");
    EXPECT_EQ(session.error("report a.html before"),
              "there is no snapshot before; mt list shows them");
}

}  // namespace
}  // namespace mt::test
