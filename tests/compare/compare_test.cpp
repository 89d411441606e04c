// SPDX-License-Identifier: MIT
//
// Real programs under the runtime that compares each captured stack with the
// system's unwinder and with a whole walk: no difference may be left unexplained.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "../sessions/subprocess.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
using sessions::Outcome;
using sessions::run_program;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kDeadline{100};

struct Report {
    std::map<std::string, std::uint64_t> counts;
    std::string differences;
    std::uint64_t operator[](const std::string& name) const {
        const auto found = counts.find(name);
        return found == counts.end() ? 0 : found->second;
    }
};

// As "name value" lines, after the differences that were found.
void add_file(const fs::path& path, Report& report) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name, rest;
        std::uint64_t value = 0;
        if (words >> name >> value && !(words >> rest) && name.find('-') == std::string::npos &&
            line.front() != ' ') {
            report.counts[name] += value;
        } else if (report.differences.size() < 20000) {
            report.differences += line + "\n";
        }
    }
}

// A name in PATH may be a script that starts the program by way of others.
std::string program(const std::string& name) {
    return fs::exists("/usr/bin/" + name) ? "/usr/bin/" + name : name;
}

std::string text_of(const Report& report) {
    std::string text;
    for (const auto& [name, value] : report.counts) {
        if (value != 0) text += name + " " + std::to_string(value) + "\n";
    }
    return text + report.differences;
}

class Compare : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "memtrace-compare-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override {
        if (!HasFailure()) fs::remove_all(directory_);
    }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(directory_ / name) << text;
    }

    // `command` without and with the comparison; `environment` holds for both.
    void run(const Words& command, const Words& environment = {}) {
        Words plain = environment;
        plain.insert(plain.end(), command.begin(), command.end());
        plain_ = run_program(program("env"), plain, directory_, kDeadline);
        Words traced = {"LD_PRELOAD=" MEMTRACE_COMPARE_LIBRARY, "MEMTRACE=256",
                        "MEMTRACE_COMPARE_OUT=" + (directory_ / "report").string()};
        traced.insert(traced.end(), plain.begin(), plain.end());
        traced_ = run_program(program("env"), traced, directory_, kDeadline);
        for (const auto& entry : fs::directory_iterator(directory_)) {
            if (entry.path().stem() == "report") add_file(entry.path(), report_);
        }
    }

    void expect_no_difference(std::uint64_t least) {
        expect_all_right(least);
        EXPECT_GT(report_["reused"], report_["compared"] / 4) << traced_.output;
    }
    void expect_all_right(std::uint64_t least) {
        EXPECT_EQ(traced_.status, plain_.status) << traced_.output;
        EXPECT_GE(report_["compared"], least) << traced_.output;
        EXPECT_EQ(report_["unexplained"], 0u) << directory_ << "\n" << text_of(report_);
        EXPECT_EQ(report_["walk_differs"], 0u) << directory_ << "\n" << text_of(report_);
        RecordProperty("counts", text_of(report_));
    }
    // Of programs that compilers made: every stack reaches its thread's start.
    void expect_whole_stacks() {
        EXPECT_EQ(report_["ends_at_no_table"], 0u) << text_of(report_);
        EXPECT_EQ(report_["reference_faults"], 0u) << text_of(report_);
    }
    void expect_same_output() {
        EXPECT_EQ(plain_.status, 0) << plain_.output;
        EXPECT_EQ(traced_.output, plain_.output);
    }

    fs::path directory_;
    Outcome plain_, traced_;
    Report report_;
};

TEST_F(Compare, Sqlite) {
    run({program("sqlite3"), ":memory:", ".read " MEMTRACE_COMPARE_DEMO_SQL});
    expect_no_difference(20000);
    expect_whole_stacks();
    expect_same_output();
}

TEST_F(Compare, Python) {
    write("work.py", R"(
import json, re, threading
class Tree:
    def __init__(self, depth):
        self.children = [Tree(depth - 1) for _ in range(2)] if depth else []
    def size(self):
        return 1 + sum(child.size() for child in self.children)
def fail(depth):
    if depth: return fail(depth - 1)
    raise ValueError("x" * 100)
def work():
    for depth in range(0, 60, 7):
        try: fail(depth)
        except ValueError: pass
    data = json.loads(json.dumps([{"number": i, "text": str(i) * 3} for i in range(300)]))
    data.sort(key=lambda row: re.sub("[0-4]", "", row["text"]))
    return len(data)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(work(), Tree(8).size())
)");
    run({program("python3"), "-S", "work.py"}, {"PYTHONMALLOC=malloc"});
    expect_no_difference(20000);
    expect_whole_stacks();
    expect_same_output();
}

TEST_F(Compare, Compiler) {
    write("source.cpp", R"(
#include <map>
#include <string>
#include <vector>
int count(const std::vector<std::string>& words) {
    std::map<std::string, int> seen;
    for (const auto& word : words) ++seen[word];
    return static_cast<int>(seen.size());
}
)");
    Outcome named = run_program("g++", {"-print-prog-name=cc1plus"}, directory_, kDeadline);
    const std::string compiler = named.output.substr(0, named.output.find('\n'));
    ASSERT_EQ(
        run_program("g++", {"-E", "source.cpp", "-o", "source.ii"}, directory_, kDeadline).status,
        0);
    run({compiler, "-quiet", "-fpreprocessed", "-O2", "source.ii", "-o", "out.s"},
        {"MEMTRACE_COMPARE_EVERY=3"});
    expect_no_difference(50000);
    expect_whole_stacks();
    expect_same_output();
}

TEST_F(Compare, Perl) {
    run({program("perl"), "-e", R"(
        sub deep { my ($n) = @_; return $n ? 1 + deep($n - 1) : do { die "deep\n" } }
        my %seen;
        for my $i (1 .. 2000) {
            $seen{$i % 300} .= "value $i";
            eval { deep($i % 50) } if $i % 20 == 0;
        }
        my @order = sort { length($seen{$a}) <=> length($seen{$b}) || $a <=> $b } keys %seen;
        (my $text = join ",", map { "$_=$seen{$_}" } @order) =~ s/(\d+)/<$1>/g;
        print length($text), "\n";
    )"});
    expect_no_difference(5000);
    expect_whole_stacks();
    expect_same_output();
}

TEST_F(Compare, Git) {
    const Words quiet = {"GIT_CONFIG_NOSYSTEM=1", "HOME=" + directory_.string(),
                         "GIT_AUTHOR_DATE=2024-01-01T00:00:00Z",
                         "GIT_COMMITTER_DATE=2024-01-01T00:00:00Z"};
    Words make = quiet;
    make.insert(make.end(), {"sh", "-ec", R"(
        git init -q repository
        cd repository
        git config user.name someone
        git config user.email someone@example.org
        for i in $(seq 40); do
            mkdir -p folder$((i % 3))
            seq $i 200 >folder$((i % 3))/file
            git add .
            git commit -q -m "change $i"
        done
        git repack -q -a -d
    )"});
    ASSERT_EQ(run_program(program("env"), make, directory_, kDeadline).status, 0);
    run({program("git"), "-C", "repository", "log", "-p", "--stat", "--graph"}, quiet);
    expect_no_difference(3000);
    expect_whole_stacks();
    expect_same_output();
}

TEST_F(Compare, Gdb) {
    run({program("gdb"), "-nx", "-batch", "-ex", "info functions torture", "-ex", "list main",
         "-ex", "ptype struct siginfo_t", MEMTRACE_COMPARE_TORTURE});
    expect_no_difference(10000);
    expect_whole_stacks();
    EXPECT_NE(traced_.output.find("in_quiet_frames"), std::string::npos) << traced_.output;
}

TEST_F(Compare, Torture) {
    run({MEMTRACE_COMPARE_TORTURE, MEMTRACE_COMPARE_FIRST, MEMTRACE_COMPARE_SECOND,
         MEMTRACE_COMPARE_ELSEWHERE});
    expect_no_difference(20000);
    EXPECT_EQ(plain_.status, 0) << plain_.output;
    EXPECT_NE(traced_.output.find(": ok\n"), std::string::npos) << traced_.output;
    // What the program is for did happen, and was compared.
    EXPECT_GE(report_["interrupted"], 700u);
    EXPECT_GE(report_["cut"], 100u);
    EXPECT_GE(report_["past_no_table"], 500u);
    EXPECT_GE(report_["ends_at_no_table"], 100u);
    EXPECT_GE(report_["starts_at_no_table"], 100u);
    EXPECT_GE(report_["reference_faults"], 40u);
}

TEST_F(Compare, Fibers) {
    run({MEMTRACE_COMPARE_FIBERS, "on"});
    expect_no_difference(2000);
    expect_same_output();
}

TEST_F(Compare, CodeWithoutTables) {
    run({MEMTRACE_COMPARE_UNDESCRIBED, "on"});
    expect_no_difference(8000);
    expect_same_output();
    EXPECT_GE(report_["past_no_table"], 8000u) << text_of(report_);
}

// Compiled JavaScript keeps frame pointers, and half of the stacks lead through it.
TEST_F(Compare, Node) {
    if (!fs::exists(program("node"))) GTEST_SKIP() << "node is not installed";
    write("work.js", R"(
        const seen = new Map();
        for (let i = 0; i < 20000; ++i) {
            seen.set("key " + i % 500, Buffer.alloc(20000 + i % 64));
            if (i % 10 == 0) JSON.parse(JSON.stringify({a: i, b: [i, i + 1], c: "x".repeat(i % 90)}));
        }
        const zlib = require("zlib");
        for (let i = 0; i < 30; ++i) zlib.deflateSync(Buffer.from("hello".repeat(1000 + i)));
        console.log(seen.size);
    )");
    run({program("node"), "work.js"}, {"MEMTRACE_COMPARE_EVERY=7"});
    expect_no_difference(20000);
    expect_same_output();
    EXPECT_GE(report_["past_no_table"], 1000u) << text_of(report_);
}

// Its compiled traces use bp for anything.
TEST_F(Compare, LuaJit) {
    write("work.lua", R"(
        local ffi = require("ffi")
        ffi.cdef[[void *malloc(size_t); void free(void *);]]
        local rows = {}
        for i = 1, 100000 do rows[i % 100] = {i, tostring(i) .. ("x"):rep(i % 50)} end
        for i = 1, 20000 do ffi.C.free(ffi.C.malloc(40)) end
        table.sort(rows, function(a, b) return a[1] < b[1] end)
        print(#rows)
    )");
    run({program("luajit"), "work.lua"}, {"MEMTRACE_COMPARE_EVERY=3"});
    expect_all_right(5000);
    expect_same_output();
    EXPECT_GE(report_["ends_at_no_table"], 1000u) << text_of(report_);
}

// Its compiled code and its interpreter use bp for anything, too; threads of its own compile.
TEST_F(Compare, Jvm) {
    const std::string engine = "/usr/share/java/js.jar";
    if (!fs::exists(program("java")) || !fs::exists(engine)) {
        GTEST_SKIP() << "a JVM or its script engine is not installed";
    }
    write("work.js", R"(
        var map = new java.util.TreeMap();
        for (var turn = 0; turn < 6; ++turn) {
            for (var i = 0; i < 10000; ++i) map.put("name" + (i * 7919 % 5003), "value " + i);
            var out = new java.util.zip.GZIPOutputStream(new java.io.ByteArrayOutputStream());
            out.write(new java.lang.String(map.toString()).getBytes("UTF-8"));
            out.close();
        }
        print(map.size());
    )");
    run({program("java"), "-Xmx128m", "-XX:-UsePerfData", "-cp", engine,
         "org.mozilla.javascript.tools.shell.Main", "work.js"},
        {"MEMTRACE_COMPARE_EVERY=7"});
    expect_all_right(3000);
    expect_same_output();
    EXPECT_GE(report_["ends_at_no_table"], 1000u) << text_of(report_);
}

TEST_F(Compare, NoticesAFrameThatIsMissing) {
    run({program("sqlite3"), ":memory:", "select sum(length(hex(zeroblob(9))));"},
        {"MEMTRACE_COMPARE_SPOIL=1"});
    EXPECT_EQ(traced_.status, 0);
    EXPECT_GT(report_["compared"], 100u);
    EXPECT_EQ(report_["unexplained"], report_["compared"]);
    EXPECT_NE(report_.differences.find("captured: "), std::string::npos);
    EXPECT_NE(report_.differences.find("reference: "), std::string::npos);
}

}  // namespace
}  // namespace mt::test
