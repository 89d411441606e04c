// SPDX-License-Identifier: MIT
//
// The line that says what long work is at (target/progress.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "target/progress.h"

namespace mt::test {
namespace {

using core::Progress;
using testing::ElementsAre;
using testing::IsEmpty;

struct Shown {
    std::vector<std::string> lines;
    Progress progress{[this](const std::string& line) { lines.push_back(line); }};

    Shown() { progress.patience = progress.every = Progress::Clock::duration::zero(); }
};

TEST(ProgressLine, SaysHowMuchIsDoneWhereThatIsKnown) {
    EXPECT_EQ(core::progress_line("reading", 0, 0), "reading ...");
    EXPECT_EQ(core::progress_line("reading", 0, 8), "reading [                    ] 0 %");
    EXPECT_EQ(core::progress_line("reading", 2, 8), "reading [#####               ] 25 %");
    EXPECT_EQ(core::progress_line("reading", 9, 8), "reading [####################] 100 %");
}

TEST(ProgressLine, FitsATerminal) {
    EXPECT_EQ(core::progress_line(std::string(200, 'x'), 0, 0).size(), 79u);
    EXPECT_EQ(core::progress_line(std::string(200, 'x'), 8, 8).size(), 79u);
}

TEST(ProgressTest, IsShownWhenItChangesAndTakenAwayAtTheEnd) {
    Shown shown;
    {
        const Progress::Command command(shown.progress);
        shown.progress.look();
        shown.progress.look();
        shown.progress.stage("counting");
        shown.progress.done(1, 2);
        shown.progress.look();
    }
    EXPECT_THAT(shown.lines,
                ElementsAre("reading the table ...", "counting [##########          ] 50 %", ""));
}

TEST(ProgressTest, IsTakenAwayOnceBeforeOtherOutput) {
    Shown shown;
    const Progress::Command command(shown.progress);
    shown.progress.look();
    shown.progress.hide();
    shown.progress.hide();
    shown.progress.look();
    EXPECT_THAT(shown.lines, ElementsAre("reading the table ...", "", "reading the table ..."));
}

TEST(ProgressTest, OfShortWorkIsNotShown) {
    Shown shown;
    shown.progress.patience = std::chrono::hours(1);
    const Progress::Command command(shown.progress);
    shown.progress.look();
    EXPECT_THAT(shown.lines, IsEmpty());
}

// Scripts' questions and stops poll as well.
TEST(ProgressTest, IsOfCommandsOnly) {
    Shown shown;
    shown.progress.look();
    { const Progress::Command command(shown.progress); }
    shown.progress.look();
    EXPECT_THAT(shown.lines, IsEmpty());
}

}  // namespace
}  // namespace mt::test
