// SPDX-License-Identifier: MIT
//
// Where a module's file and its debug file are looked for: this executable's own, in each place
// that counts, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "dwarf/file_search.h"
#include "dwarf/local_modules.h"
#include "dwarf/module_file.h"
#include "support/test_folder.h"

namespace mt::core::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Field;

class Search : public ::testing::Test {
  protected:
    // Made once: it takes a second.
    static void SetUpTestSuite() {
        made_ = std::make_unique<mt::test::TestFolder>("search");
        own_ = fs::read_symlink("/proc/self/exe");
        id_ = ModuleFile::open(own_)->build_id();
        debug_ = *made_ / "own.debug";
        bare_ = *made_ / "own";
        const std::string link = " --add-gnu-debuglink=" + debug_ + " ";
        ASSERT_EQ(std::system(("objcopy --only-keep-debug " + own_ + " " + debug_).c_str()), 0);
        ASSERT_EQ(std::system(("objcopy --strip-all" + link + own_ + " " + bare_).c_str()), 0);
        ASSERT_FALSE(id_.empty()) << "this executable was linked without a build-id";
    }
    static void TearDownTestSuite() { made_.reset(); }

    FoundFiles find(const std::string& path) const {
        Module module;
        module.path = path;
        module.build_id = id_;
        return find_files(module, places_);
    }
    // A link to one of the files, in a folder that is made for it.
    std::string put(const std::string& file, const std::string& name) const {
        const fs::path path = work_ / name;
        fs::create_directories(path.parent_path());
        fs::create_symlink(file, path);
        return path;
    }
    static auto looked(const std::string& path, const std::string& what) {
        return Contains(
            ::testing::AllOf(Field(&LookedAt::path, path), Field(&LookedAt::what, what)));
    }
    std::string by_id() const { return id_.substr(0, 2) + "/" + id_.substr(2) + ".debug"; }

    static inline std::unique_ptr<mt::test::TestFolder> made_;
    static inline std::string own_, id_, debug_, bare_;
    mt::test::TestFolder work_{"search"};
    SearchPlaces places_;
};

TEST_F(Search, TheRecordedFileHasItsOwnDebugInformation) {
    const FoundFiles found = find(own_);
    EXPECT_EQ(found.file, own_);
    EXPECT_EQ(found.debug, own_);
    EXPECT_THAT(found.looked_at, looked(own_, "debug information"));
}

TEST_F(Search, AnotherBuildIsRefused) {
    const std::string path = put("/bin/sh", "own");
    const FoundFiles found = find(path);
    EXPECT_EQ(found.file, "");
    EXPECT_EQ(found.debug, "");
    EXPECT_THAT(found.looked_at, looked(path, "another build"));
}

TEST_F(Search, WhatIsNoFileIsSaid) {
    const std::string text = work_ / "text", gone = work_ / "gone";
    std::ofstream(text) << "text";
    EXPECT_THAT(find(text).looked_at, looked(text, "no ELF file"));
    EXPECT_THAT(find(gone).looked_at, looked(gone, "missing"));
    EXPECT_THAT(find(work_.path()).looked_at, looked(work_.path(), "no ELF file"));
}

TEST_F(Search, DebugFilesBesideTheFile) {
    const std::string path = put(bare_, "bin/own");
    EXPECT_EQ(find(path).file, path);
    EXPECT_EQ(find(path).debug, "");
    const std::string hidden = put(debug_, "bin/.debug/own.debug");
    EXPECT_EQ(find(path).debug, hidden);
    const std::string beside = put(debug_, "bin/own.debug");
    EXPECT_EQ(find(path).debug, beside);
}

TEST_F(Search, DebugFilesInAFolderOfDebugFiles) {
    const std::string path = put(bare_, "bin/own");
    places_.debug_folders = {work_ / "empty", work_ / "debug"};
    const std::string by_link = put(debug_, "debug" + (work_ / "bin/own.debug"));
    EXPECT_EQ(find(path).debug, by_link);
    const std::string by_build = put(debug_, "debug/.build-id/" + by_id());
    EXPECT_EQ(find(path).debug, by_build);
    // Also where the file itself is nowhere.
    EXPECT_EQ(find("/no/such/own").debug, by_build);
    EXPECT_EQ(find("/no/such/own").file, "");
}

TEST_F(Search, BelowTheSysroot) {
    places_.sysroot = work_ / "root";
    const std::string path = put(own_, "root/opt/own");
    EXPECT_EQ(find("/opt/own").file, path);
    places_.recorded = false;
    EXPECT_EQ(find(own_).file, "");
}

TEST_F(Search, InFoldersOfFilesByName) {
    const std::string path = put(own_, "libraries/own");
    places_.file_folders = {work_ / "libraries"};
    EXPECT_EQ(find("/no/such/own").file, path);
    EXPECT_EQ(find("/no/such/other").file, "");
}

TEST_F(Search, RelativePathsBeginWhereTheProgramWas) {
    const std::string path = put(own_, "there/plugins/own");
    EXPECT_EQ(find("./plugins/own").file, "");
    places_.beginnings = {work_ / "empty", work_ / "there"};
    EXPECT_EQ(find("plugins/own").file, path);
}

TEST_F(Search, InDebuginfodsCache) {
    setenv("DEBUGINFOD_CACHE_PATH", (work_ / "cache").c_str(), 1);
    places_.caches = debuginfod_caches();
    const std::string debug = put(debug_, "cache/" + id_ + "/debuginfo");
    EXPECT_EQ(find("/no/such/own").debug, debug);
    const std::string file = put(bare_, "cache/" + id_ + "/executable");
    EXPECT_EQ(find("/no/such/own").file, file);
    unsetenv("DEBUGINFOD_CACHE_PATH");
}

TEST(Caches, AreWhereDebuginfodsClientHasThem) {
    setenv("HOME", "/home/x", 1);
    unsetenv("DEBUGINFOD_CACHE_PATH");
    unsetenv("XDG_CACHE_HOME");
    EXPECT_THAT(debuginfod_caches(), ::testing::ElementsAre("/home/x/.cache/debuginfod_client",
                                                            "/home/x/.debuginfod_client_cache"));
    setenv("XDG_CACHE_HOME", "/cache", 1);
    EXPECT_EQ(debuginfod_caches().front(), "/cache/debuginfod_client");
    setenv("DEBUGINFOD_CACHE_PATH", "/mine", 1);
    EXPECT_THAT(debuginfod_caches(), ::testing::ElementsAre("/mine"));
}

TEST_F(Search, WithoutABuildIdNothingIsLookedFor) {
    Module module;
    module.path = own_;
    EXPECT_TRUE(find_files(module, places_).looked_at.empty());
}

// A pipe would wait for a writer for ever.
TEST_F(Search, APipeIsNoFile) {
    const std::string path = work_ / "pipe";
    ASSERT_EQ(std::system(("mkfifo " + path).c_str()), 0);
    EXPECT_EQ(find(path).file, "");
}

TEST_F(Search, FilesThatCameLaterAreFoundWhenAskedAgain) {
    Module module;
    module.path = work_ / "late";
    module.build_id = id_;
    LocalModules modules;
    EXPECT_EQ(modules.find(module).file, "");
    put(own_, "late");
    EXPECT_EQ(modules.find(module).file, "");
    modules.forget();
    EXPECT_EQ(modules.find(module).file, module.path);
}

}  // namespace
}  // namespace mt::core::test
