// SPDX-License-Identifier: MIT
//
// A file is there whole or not at all, whatever goes wrong on the way.
#include "save/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

// A file is made where the link leads, and the link stays: whoever reads it finds the file.
TEST_F(Files, LinksThatLeadNowhereYet) {
    std::filesystem::create_directory(folder / "there");
    std::filesystem::create_symlink("there/a", folder / "near");
    EXPECT_EQ(write(folder / "near", "x", true), "");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "near"));
    EXPECT_EQ(content(folder / "there/a"), "x");
    // Over a second link, and by an absolute name.
    std::filesystem::create_symlink(folder / "last", folder / "there/second");
    std::filesystem::create_symlink("there/second", folder / "first");
    EXPECT_EQ(write(folder / "first", "y", true), "");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "there/second"));
    EXPECT_EQ(content(folder / "last"), "y");
    std::filesystem::create_symlink("no/folder", folder / "far");
    EXPECT_EQ(write(folder / "far", "x", true),
              "cannot write " + folder / "no/folder" + ": No such file or directory");
    std::filesystem::create_symlink("there", folder / "folder");
    EXPECT_EQ(write(folder / "folder", "x", true),
              "cannot write " + folder / "folder" + ": it is a folder");
    std::filesystem::create_symlink("round", folder / "about");
    std::filesystem::create_symlink("about", folder / "round");
    for (const bool replace : {false, true})
        EXPECT_EQ(write(folder / "round", "x", replace),
                  "cannot write " + folder / "round" + ": Too many levels of symbolic links");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "round"));
}

// kill -9 while a snapshot is being written: nobody could tidy up then.
TEST_F(Files, WhatAKilledSaveLeftIsRemovedByTheNextOne) {
    const pid_t writer = fork();
    if (writer == 0) {
        auto file = NewFile::open(folder / "a", false);
        if (!file || !file->write("half of")) std::_Exit(1);
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(names().size(), 1u);
    // Somebody else's, by its name or by what it is.
    std::ofstream(folder / ".memtrace-save-longer1") << "";
    std::ofstream(folder / ".memtrace") << "";
    std::filesystem::create_symlink("a", folder / ".memtrace-save-link12");
    // Still being written.
    {
        auto other = NewFile::open(folder / "b", false);
        ASSERT_TRUE(other);
        ASSERT_TRUE(other->write("other"));
        EXPECT_EQ(write(folder / "c", "whole"), "");
        ASSERT_TRUE(other->commit());
    }
    EXPECT_EQ(content(folder / "b"), "other");
    EXPECT_THAT(names(), ElementsAre(".memtrace", ".memtrace-save-link12", ".memtrace-save-longer1",
                                     "b", "c"));
}

TEST_F(Files, NoRoomOnTheDisk) {
    // In a name space of its own a small disk of memory can be mounted.
    const pid_t writer = fork();
    if (writer == 0) {
        if (unshare(CLONE_NEWNS) != 0 ||
            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("none", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
            std::_Exit(77);
        std::ofstream(folder / "a") << "old";
        const std::string error = write(folder / "a", std::string(200'000, 'x'), true);
        const bool good = error == "cannot write " + folder / "a" + ": No space left on device" &&
                          content(folder / "a") == "old" &&
                          names() == std::vector<std::string>{"a"};
        std::_Exit(good ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "only root may mount";
    EXPECT_EQ(WEXITSTATUS(status), 0);
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
