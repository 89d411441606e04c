// SPDX-License-Identifier: MIT
//
// A file is there whole or not at all, whatever goes wrong on the way.
#include "save/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core_save_tables.h"

namespace mt::core::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Files : public ::testing::Test {
  protected:
    // What went wrong, or nothing.
    std::string write(const std::string& path, const std::string& text, bool replace = false) {
        auto file = NewFile::open(path, replace);
        if (!file) return file.error().text;
        if (auto done = file->write(text); !done) return done.error().text;
        auto done = file->commit();
        return done ? "" : done.error().text;
    }
    static std::string content(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            all.push_back(entry.path().filename());
        std::sort(all.begin(), all.end());
        return all;
    }
    TestFolder folder;
};

TEST_F(Files, ReadableByTheirOwnerAlone) {
    const mode_t before = umask(0);
    EXPECT_EQ(write(folder / "a", "text"), "");
    umask(before);
    struct stat info {};
    ASSERT_EQ(stat((folder / "a").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(content(folder / "a"), "text");
    EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(Files, AnExistingOneStays) {
    std::ofstream(folder / "a") << "old";
    EXPECT_EQ(write(folder / "a", "new"),
              "cannot write " + folder / "a" + ": it exists already; --replace overwrites it");
    EXPECT_EQ(content(folder / "a"), "old");
    EXPECT_EQ(write(folder / "a", "new", true), "");
    EXPECT_EQ(content(folder / "a"), "new");
    EXPECT_THAT(names(), ElementsAre("a"));
}

// Made by somebody else while this one was being written.
TEST_F(Files, NobodysFileIsOverwrittenByChance) {
    auto file = NewFile::open(folder / "a", false);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("mine"));
    std::ofstream(folder / "a") << "theirs";
    const auto done = file->commit();
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text, EndsWith("it exists already; --replace overwrites it"));
    EXPECT_EQ(content(folder / "a"), "theirs");
}

TEST_F(Files, OneThatIsGivenUpLeavesNothing) {
    std::ofstream(folder / "a") << "old";
    {
        auto file = NewFile::open(folder / "a", true);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->write("half of"));
        EXPECT_EQ(names().size(), 2u);
    }
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(content(folder / "a"), "old");
}

// A file-size limit answers as a full disk does, in the middle of a write.
TEST_F(Files, DiskFull) {
    std::ofstream(folder / "a") << "old";
    struct rlimit before {};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = before;
    small.rlim_cur = 4096;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const std::string error = write(folder / "a", std::string(100000, 'x'), true);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(error, "cannot write " + folder / "a" + ": File too large");
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(content(folder / "a"), "old");
}

TEST_F(Files, Unwritable) {
    EXPECT_EQ(write(folder / "no/a", "x"),
              "cannot write " + folder / "no/a" + ": No such file or directory");
    std::ofstream(folder / "file") << "";
    EXPECT_EQ(write(folder / "file/a", "x"),
              "cannot write " + folder / "file/a" + ": Not a directory");
    EXPECT_EQ(write(folder.path().string(), "x", true),
              "cannot write " + folder.path().string() + ": it is a folder");
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(write(folder / "pipe", "x", true),
              "cannot write " + folder / "pipe" + ": it is a pipe");
    EXPECT_EQ(write("/proc/a", "x"), "cannot write /proc/a: No such file or directory");
}

TEST_F(Files, FolderWithoutPermission) {
    if (geteuid() == 0) {
        // Root may write everywhere; as anybody else in a process of its own.
        ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
        EXPECT_EXIT(
            {
                if (seteuid(65534) != 0) std::_Exit(2);
                const std::string error = write(folder / "a", "x");
                std::fprintf(stderr, "%s", error.c_str());
                std::_Exit(0);
            },
            ::testing::ExitedWithCode(0), "cannot write .*/a: Permission denied");
        return;
    }
    ASSERT_EQ(chmod(folder.path().c_str(), 0500), 0);
    EXPECT_EQ(write(folder / "a", "x"), "cannot write " + folder / "a" + ": Permission denied");
    ASSERT_EQ(chmod(folder.path().c_str(), 0700), 0);
}

// The link stays one, its target is replaced.
TEST_F(Files, Links) {
    std::ofstream(folder / "a") << "old";
    std::filesystem::create_symlink("a", folder / "link");
    EXPECT_EQ(write(folder / "link", "new", true), "");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(content(folder / "a"), "new");
    // One that leads nowhere is not written through.
    std::filesystem::create_symlink("nowhere", folder / "lost");
    EXPECT_THAT(write(folder / "lost", "x"),
                EndsWith("it exists already; --replace overwrites it"));
    EXPECT_FALSE(std::filesystem::exists(folder / "nowhere"));
}

TEST_F(Files, Reading) {
    std::ofstream(folder / "a") << "text";
    EXPECT_EQ(*read_file(folder / "a", 4), "text");
    EXPECT_EQ(read_file(folder / "a", 3).error().text,
              "cannot read " + folder / "a" + ": it is larger than 3 B");
    EXPECT_EQ(read_file(folder / "b", 3).error().text,
              "cannot read " + folder / "b" + ": No such file or directory");
    EXPECT_EQ(read_file(folder.path().string(), 3).error().text,
              "cannot read " + folder.path().string() + ": it is a folder");
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(read_file(folder / "pipe", 3).error().text,
              "cannot read " + folder / "pipe" + ": it is a pipe");
    EXPECT_EQ(read_file("/dev/zero", 3).error().text,
              "cannot read /dev/zero: it is no regular file");
    // Says that it is empty, and is not.
    EXPECT_THAT(read_file("/proc/self/maps", 3).error().text, HasSubstr("it is larger than 3 B"));
}

TEST(Paths, Home) {
    const char* const before = std::getenv("HOME");
    const std::string kept = before == nullptr ? "" : before;
    setenv("HOME", "/home/me", 1);
    EXPECT_EQ(expanded_path("~/a"), "/home/me/a");
    EXPECT_EQ(expanded_path("~"), "~");
    EXPECT_EQ(expanded_path("~you/a"), "~you/a");
    EXPECT_EQ(expanded_path("a/~/b"), "a/~/b");
    unsetenv("HOME");
    EXPECT_EQ(expanded_path("~/a"), "~/a");
    if (before != nullptr) setenv("HOME", kept.c_str(), 1);
}

}  // namespace
}  // namespace mt::core::test
