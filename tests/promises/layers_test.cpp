// SPDX-License-Identifier: MIT
//
// A rule that nothing checks is broken within a month: a room's components once included
// each other in a circle of fourteen, and nobody had seen it grow. Here a breach is planted into a
// copy of the sources, and scripts/lint has to name its line; without it lint is content.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Answer {
    int status = -1;
    std::string text;
};

Answer run(const std::string& command) {
    Answer answer;
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return answer;
    std::array<char, 4096> piece{};
    while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe))
        answer.text.append(piece.data(), size);
    const int status = pclose(pipe);
    answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return answer;
}

// The sources' own copy, with a repository of its own: lint looks at what git lists.
class Layers : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "layers.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        for (const char* part : {"runtime", "plugin", "scripts"})
            fs::copy(fs::path(MEMTRACE_SOURCE) / part, folder_ / part, fs::copy_options::recursive);
        ASSERT_EQ(run("git -C '" + folder_.string() + "' init -q").status, 0);
    }
    void TearDown() override { fs::remove_all(folder_); }

    void plant(const std::string& file, const std::string& include) {
        ASSERT_TRUE(fs::exists(folder_ / file)) << file;
        std::ofstream(folder_ / file, std::ios::app) << "#include \"" << include << "\"\n";
    }
    Answer lint() { return run("'" + (folder_ / "scripts/lint").string() + "' --layers"); }

    fs::path folder_;
};

TEST_F(Layers, AreAsTheyShouldBe) {
    const Answer answer = lint();
    EXPECT_EQ(answer.status, 0) << answer.text;
}

TEST_F(Layers, AnIncludeUpwardsIsNamed) {
    plant("runtime/os/pages.cpp", "table/blocks.h");
    plant("plugin/core/model/snapshot.h", "read/reader.h");
    const Answer answer = lint();
    EXPECT_EQ(answer.status, 1) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("runtime/os/pages.cpp:"));
    EXPECT_THAT(answer.text, HasSubstr("plugin/core/model/snapshot.h:"));
}

TEST_F(Layers, ACircleWithinARoomIsNamed) {
    // walker includes window.
    plant("runtime/stack/window.h", "stack/walker.h");
    const Answer answer = lint();
    EXPECT_EQ(answer.status, 1) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("runtime/stack/window includes runtime/stack/walker, in a"));
}

TEST_F(Layers, AnAdapterThatLooksIntoTheCoreIsNamed) {
    plant("plugin/lldb/host.cpp", "command/parse.h");
    const Answer answer = lint();
    EXPECT_EQ(answer.status, 1) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("plugin/lldb/host.cpp:"));
}

}  // namespace
