// SPDX-License-Identifier: MIT
//
// mt tree: who called whom, with what was allocated below each; of every report that has rows.
#include <gmock/gmock.h>

#include <ctime>

#include "analyse/tree.h"
#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Tree : public Report {
  protected:
    void allocate() {
        builder.allocate(first, 300);
        builder.allocate(second, 100);
        builder.allocate(other, 100);
        build();
    }
};

TEST_F(Tree, CallersAboveWhatTheyCalled) {
    allocate();
    session.text("snapshot");
    EXPECT_EQ(session.text("tree"),
              "#   size    share  count  function\n"
              "1  500 B  100.0 %      3  main  main.cpp\n"
              "2  400 B   80.0 %      2    make(int)  make.cpp\n"
              "   500 B  100.0 %      3  Total of snapshot 1\n");
    EXPECT_EQ(session.text("tree --callees"),
              "#   size    share  count  function, below it who called it\n"
              "1  400 B   80.0 %      2  make(int)  make.cpp\n"
              "2  400 B   80.0 %      2  main  main.cpp\n"
              "3  100 B   20.0 %      1  main  main.cpp\n"
              "   500 B  100.0 %      3  Total of snapshot 1\n");
}

TEST_F(Tree, FoldedAndUnfoldedByNumber) {
    allocate();
    session.text("snapshot");
    EXPECT_EQ(session.text("tree --depth 1"),
              "#   size    share  count  function\n"
              "1  500 B  100.0 %      3  main  main.cpp  +1\n"
              "   500 B  100.0 %      3  Total of snapshot 1\n"
              "+N: so many more below it; mt tree NUMBER shows them\n");
    EXPECT_THAT(session.text("tree 1"), HasSubstr("\n2  400 B   80.0 %      2    make(int)"));
    EXPECT_THAT(session.text("tree 2"), AllOf(HasSubstr("\n2  400 B"), Not(HasSubstr("\n1  "))));
    EXPECT_THAT(session.text("tree --min-share 90"),
                AllOf(HasSubstr("  1 smaller one\n"), Not(HasSubstr("make"))));
    EXPECT_EQ(session.error("tree 3"), "the last tree has nodes 1 to 2, not 3");
    EXPECT_THAT(session.error("tree 1 --callees"), HasSubstr("the other way round"));
    session.text("stats");
    EXPECT_THAT(session.error("tree 1"), HasSubstr("mt tree makes one"));
}

TEST_F(Tree, OfEveryReportThatHasRows) {
    allocate();
    EXPECT_THAT(session.text("tree"), HasSubstr("Total of now\n"));
    session.text("snapshot");
    builder.allocate(first, 1000);
    build();
    EXPECT_EQ(session.text("tree diff"),
              "#    size   change  count  change  function\n"
              "1  1500 B  +1000 B      4      +1  main  main.cpp\n"
              "2  1400 B  +1000 B      3      +1    make(int)  make.cpp\n"
              "   1500 B  +1000 B      4      +1  Total of what changed from snapshot 1 to now\n");
    EXPECT_THAT(session.text("tree peak"), HasSubstr("Total of the peak\n"));
    session.text("stats --filter main.cpp");
    EXPECT_THAT(session.text("tree"), AllOf(HasSubstr("100 B"), Not(HasSubstr("make"))));
    const auto report = json("tree --json");
    EXPECT_EQ(report["command"], "tree");
    EXPECT_EQ(report["nodes"][0]["number"], 1);
    EXPECT_EQ(report["nodes"][0]["frame"]["function"], "main");
    EXPECT_EQ(report["total"]["size"], 100);
    EXPECT_THAT(session.error("tree sideways"), HasSubstr("now, peak, leaks, diff"));
    EXPECT_THAT(session.error("tree --depth x"), HasSubstr("--depth"));
    EXPECT_THAT(session.error("tree --min-share 101"), HasSubstr("--min-share"));
}

TEST_F(Tree, OfNothing) {
    build();
    EXPECT_EQ(session.text("tree"),
              "#  size  share  count  function\n"
              "    0 B             0  Total of now\n");
    EXPECT_THAT(session.error("tree 1"), HasSubstr("nodes 1 to 0"));
}

// Each frame is looked at once: twice the tracebacks take twice the time.
TEST(TreeOf, AHundredThousandTracebacks) {
    core::FrameBook book;
    std::vector<core::Statistic> rows(100000);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].size = static_cast<std::int64_t>(i);
        rows[i].count = 1;
        for (std::size_t depth = 0; depth < 32; ++depth) {
            core::RowFrame frame;
            frame.label = static_cast<core::TextId>(1 + (i >> (31 - depth)) % 1000);
            frame.line = 1;
            rows[i].traceback.push_back(frame);
        }
    }
    for (int i = 0; i < 2000; ++i) book.text(std::to_string(i));
    const std::clock_t begin = std::clock();
    const auto nodes = core::tree_of(book, rows, core::TreeFrom::callees, {});
    ASSERT_TRUE(nodes.has_value());
    EXPECT_EQ(nodes->front().figures.count, 100000);
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 20.0);
    for (std::uint32_t i = 1; i < nodes->size(); ++i) ASSERT_LT((*nodes)[i].parent, i);
}

}  // namespace
}  // namespace mt::test
