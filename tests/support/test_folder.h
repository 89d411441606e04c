// SPDX-License-Identifier: MIT
//
// A folder of a test's own. It goes with the test; of one that failed it stays behind, for
// whoever looks into it.
#ifndef MEMTRACE_TESTS_SUPPORT_TEST_FOLDER_H
#define MEMTRACE_TESTS_SUPPORT_TEST_FOLDER_H

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace mt::test {

class TestFolder {
  public:
    explicit TestFolder(const std::string& name = "test") {
        std::string pattern =
            (std::filesystem::path(testing::TempDir()) / ("memtrace-" + name + "-XXXXXX")).string();
        path_ = mkdtemp(pattern.data());
    }
    ~TestFolder() {
        if (!testing::Test::HasFailure()) std::filesystem::remove_all(path_);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    const std::filesystem::path& path() const { return path_; }
    operator const std::filesystem::path&() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace mt::test

#endif
