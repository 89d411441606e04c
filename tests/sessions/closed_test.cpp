// SPDX-License-Identifier: MIT
//
// Rows of code that the debugger does not know: of libraries that were closed, on a core, with
// their files gone, replaced, or elsewhere on this machine. GDB, LLDB and the reader say the same.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFirst = "libclosed_first.so";
constexpr const char* kSecond = "libclosed_second.so";
constexpr const char* kFirstLine = "closed_first.c:7: size=5000 B, count=5";
constexpr const char* kSecondLine = "closed_second.c:7: size=19.5 KiB, count=10";

// Where a debugger is told to look.
struct Told {
    std::string sysroot, files, debug;
};

class Closed : public testing::TestWithParam<Debugger> {
  protected:
    void SetUp() override {
        for (const char* name : {"closed_plugins", kFirst, kSecond})
            fs::copy_file(kPrograms / name, work_ / name);
        fs::create_directories(elsewhere_);
        run_program(debugger_program(Debugger::gdb),
                    {"-nx",   "-batch",
                     "-ex",   "set confirm off",
                     "-ex",   "set debuginfod enabled off",
                     "-ex",   "source " + (kStage / "share/memtrace/gdb/memtrace.py").string(),
                     "-ex",   "mt preload",
                     "-ex",   "mt start",
                     "-ex",   "break plugins_closed",
                     "-ex",   "run",
                     "-ex",   "gcore " + core_.string(),
                     "-ex",   "kill",
                     program_},
                    work_, 120s);
        ASSERT_TRUE(fs::exists(core_));
    }

    // What it says to the command about the core.
    std::string said(const std::string& command, const Told& told = {}) const {
        std::vector<std::string> words = {"env", "HOME=" + (work_ / "home"),
                                          "XDG_CACHE_HOME=" + (work_ / "cache")};
        words.insert(words.end(), environment_.begin(), environment_.end());
        const std::vector<std::string> line = line_of(command, told);
        words.insert(words.end(), line.begin(), line.end());
        const Outcome outcome =
            run_program(words.front(), {words.begin() + 1, words.end()}, work_, 120s);
        return outcome.output;
    }

    void move_away(const char* name) { fs::rename(work_ / name, elsewhere_ / name); }
    void move_both_away() {
        move_away(kFirst);
        move_away(kSecond);
    }
    // Runs a tool of binutils or dwz.
    void make(const std::string& tool, const std::vector<std::string>& words) const {
        const Outcome outcome = run_program(tool, words, work_, 60s);
        ASSERT_EQ(outcome.status, 0) << tool << ": " << outcome.output;
    }
    static std::string id_of(const std::string& file) {
        const std::string text = run_program("readelf", {"-n", file}, "/", 60s).output;
        std::smatch match;
        return std::regex_search(text, match, std::regex("Build ID: ([0-9a-f]+)")) ? match[1].str()
                                                                                   : "";
    }
    static std::string by_id(const std::string& id) {
        return ".build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
    }
    void debug_file_to(const std::string& path) {
        fs::create_directories(fs::path(path).parent_path());
        make("objcopy", {"--only-keep-debug", elsewhere_ / kFirst, path});
    }
    void expect_lines(const Told& told = {}) const {
        const std::string text = said("snapshot -n 0", told);
        EXPECT_THAT(text, HasSubstr(kFirstLine));
        EXPECT_THAT(text, Not(HasSubstr(std::string(kFirst) + "+0x")));
    }

    TestFolder work_{"closed"};
    fs::path elsewhere_ = work_.path() / "elsewhere";
    fs::path core_ = work_.path() / "core.closed";
    std::string program_ = work_ / "closed_plugins";
    std::vector<std::string> environment_;

  private:
    std::vector<std::string> line_of(const std::string& command, const Told& told) const {
        std::vector<std::string> words = {debugger_program(GetParam())};
        const auto add = [&words](const std::string& option, const std::string& value) {
            if (value.empty()) return;
            words.push_back(option);
            words.push_back(value);
        };
        if (GetParam() == Debugger::reader) {
            add("--sysroot", told.sysroot);
            add("--files", told.files);
            add("--debug-files", told.debug);
            words.insert(words.end(), {"-c", command, core_.string(), program_});
            return words;
        }
        if (GetParam() == Debugger::gdb) {
            words.insert(words.end(), {"-nx", "-batch", "-iex", "set debuginfod enabled off"});
            if (!told.sysroot.empty()) add("-iex", "set sysroot " + told.sysroot);
            if (!told.files.empty()) add("-iex", "set solib-search-path " + told.files);
            if (!told.debug.empty()) add("-iex", "set debug-file-directory " + told.debug);
            add("-iex", "source " + (kStage / "share/memtrace/gdb/memtrace.py").string());
            words.insert(words.end(), {"-ex", "mt " + command, program_, core_.string()});
            return words;
        }
        words.insert(words.end(), {"--no-lldbinit", "--no-use-colors", "--batch"});
        // By itself it asks a server for what it lacks, plugin or not.
        add("-O", "settings set symbols.enable-external-lookup false");
        if (!told.sysroot.empty()) add("-o", "platform select host --sysroot " + told.sysroot);
        if (!told.files.empty()) add("-o", "settings set target.exec-search-paths " + told.files);
        if (!told.debug.empty())
            add("-o", "settings set target.debug-file-search-paths " + told.debug);
        add("-o", "plugin load " + (kStage / "lib/memtrace/libmemtrace_lldb.so").string());
        add("-o", "target create " + program_ + " --core " + core_.string());
        add("-o", "mt " + command);
        return words;
    }
};

TEST_P(Closed, LibrariesHaveTheirLinesWhereTheirFilesAre) {
    const std::string text = said("snapshot --by traceback -n 0");
    EXPECT_THAT(text, HasSubstr(kFirstLine));
    EXPECT_THAT(text, HasSubstr(kSecondLine));
    EXPECT_THAT(text, ContainsRegex("closed_second.c\", line 14\n.*closed_second.c\", line 7\n"));
}

TEST_P(Closed, LibrariesWithoutFilesAreTheirPlaces) {
    move_both_away();
    const std::string text = said("snapshot -n 0");
    EXPECT_THAT(text, ContainsRegex("libclosed_first.so\\+0x[0-9a-f]+:0: size=5000 B, count=5"));
    EXPECT_THAT(text, ContainsRegex("libclosed_second.so\\+0x[0-9a-f]+:0: size=19.5 KiB"));
    const std::string modules = said("modules 'libclosed*' -v");
    EXPECT_THAT(modules, HasSubstr("libclosed_first.so (closed): no symbols\n"));
    EXPECT_THAT(modules, HasSubstr(work_ / kFirst + ": missing\n"));
}

TEST_P(Closed, AFileOfAnotherBuildIsRefused) {
    move_both_away();
    fs::copy_file(elsewhere_ / kSecond, work_ / kFirst);
    EXPECT_THAT(said("snapshot -n 0"), HasSubstr("libclosed_first.so+0x"));
    EXPECT_THAT(said("modules libclosed_first.so -v"),
                HasSubstr(work_ / kFirst + ": another build\n"));
}

TEST_P(Closed, ADebugFileIsFoundByItsBuildId) {
    move_both_away();
    const std::string folder = work_ / "debug";
    const std::string path = folder + "/" + by_id(id_of(elsewhere_ / kFirst));
    debug_file_to(path);
    expect_lines({"", "", folder});
    EXPECT_THAT(said("modules libclosed_first.so", {"", "", folder}),
                HasSubstr("libclosed_first.so (closed): lines from " + path + "\n"));
}

TEST_P(Closed, ADebugFileIsFoundByALinkInTheFile) {
    move_both_away();
    const std::string debug = work_ / ".debug/first.debug";
    debug_file_to(debug);
    make("objcopy",
         {"--strip-all", "--add-gnu-debuglink=" + debug, elsewhere_ / kFirst, work_ / kFirst});
    expect_lines();
}

TEST_P(Closed, AFileIsFoundBelowTheSysroot) {
    move_both_away();
    const std::string sysroot = work_ / "root";
    fs::create_directories(sysroot + work_.path().string());
    fs::copy_file(elsewhere_ / kFirst, sysroot + (work_ / kFirst));
    expect_lines({sysroot, "", ""});
}

TEST_P(Closed, AFileIsFoundInAFolderOfLibraries) {
    move_both_away();
    expect_lines({"", elsewhere_, ""});
}

TEST_P(Closed, ADebugFileIsFoundInDebuginfodsCache) {
    move_both_away();
    const std::string id = id_of(elsewhere_ / kFirst);
    debug_file_to(work_ / ("cache/debuginfod_client/" + id + "/debuginfo"));
    expect_lines();
    fs::rename(work_ / "cache/debuginfod_client", work_ / "other-cache");
    EXPECT_THAT(said("snapshot"), HasSubstr("libclosed_first.so+0x"));
    environment_ = {"DEBUGINFOD_CACHE_PATH=" + (work_ / "other-cache")};
    expect_lines();
}

// dwz moves what several files have in common into one.
TEST_P(Closed, EntriesThatDwzMovedAreFound) {
    ASSERT_EQ(run_program("sh", {"-c", "command -v dwz"}, work_, 60s).status, 0)
        << "dwz is not installed; scripts/setup does";
    const std::string common = work_ / "common.debug";
    make("dwz", {"-m", common, "-M", common, work_ / kFirst, work_ / kSecond});
    const std::string text = said("snapshot --by function");
    EXPECT_THAT(text, HasSubstr("closed_first.c:make: size=5000 B"));
    EXPECT_THAT(text, HasSubstr("closed_second.c:zeroed: size=19.5 KiB"));
    EXPECT_THAT(said("modules libclosed_first.so -v"), HasSubstr(common));
}

// Whatever the environment offers: a server that waits is not even called.
TEST_P(Closed, NothingIsFetched) {
    move_both_away();
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(server, 8), 0);
    ASSERT_EQ(getsockname(server, reinterpret_cast<sockaddr*>(&address), &size), 0);
    environment_ = {"DEBUGINFOD_URLS=http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                    "DEBUGINFOD_TIMEOUT=5"};
    EXPECT_THAT(said("modules -v"), HasSubstr("libclosed_first.so (closed): no symbols\n"));
    EXPECT_THAT(said("snapshot"), HasSubstr("libclosed_first.so+0x"));
    pollfd waiting{server, POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 0), 0) << "somebody has called the server";
    close(server);
}

std::string name_of_three(const testing::TestParamInfo<Debugger>& one) {
    return one.param == Debugger::reader ? "reader" : name_of(one);
}

INSTANTIATE_TEST_SUITE_P(In, Closed,
                         testing::Values(Debugger::gdb, Debugger::lldb, Debugger::reader),
                         name_of_three);

}  // namespace
}  // namespace mt::sessions
