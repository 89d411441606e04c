// SPDX-License-Identifier: MIT
//
// What the stand-alone reader says of leaks and holders in a core that lacks something: cut,
// filtered, or with bytes changed anywhere in the file. It ends in time and in little memory,
// and where it finds less than in the whole core, it says why. The same damage on each run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "in_debugger.h"
#include "support/watchdog.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Of the address space: libraries' files are mapped in it, too.
constexpr const char* kMemory = "2097152";

class DamagedCores : public testing::Test {
  protected:
    // Of tests/programs/leaky.cpp, with what coredump_filter chooses.
    fs::path make_core(const char* filter = nullptr) {
        const fs::path core = work_ / (std::string("core") + (filter != nullptr ? filter : ""));
        std::ofstream script(work_ / "make");
        script << "set confirm off\nset debuginfod enabled off\nsource "
               << (kStage / "share/memtrace/gdb/memtrace.py").string()
               << "\nmt preload\nmt start 4\nbreak *leaky_ready\nrun\n";
        if (filter != nullptr)
            script << "python open('/proc/%d/coredump_filter' % gdb.selected_inferior().pid, 'w')"
                   << ".write('" << filter << "')\n";
        script << "mt leaks --blocks -n 1\ngcore " << core.string() << "\n";
        script.close();
        const Outcome made =
            run_program(debugger_program(Debugger::gdb),
                        {"-nx", "-batch", "-x", "make", "--args", (kPrograms / "leaky").string(),
                         work_ / "list", (kPrograms / "libleaky_library.so").string()},
                        work_, 120s);
        EXPECT_TRUE(fs::exists(core)) << made.output;
        // The first word of the one row: a block's address.
        const auto row = made.output.find("\n0x");
        if (row != std::string::npos)
            block_ = made.output.substr(row + 1, made.output.find(':', row) - row - 1);
        EXPECT_FALSE(block_.empty()) << made.output;
        return core;
    }

    // Each command in a process of its own: one that ends early hides no other.
    Outcome ask(const fs::path& core, const std::string& command) const {
        return run_program("bash",
                           {"-c", std::string("ulimit -v ") + kMemory + "; exec \"$0\" \"$@\"",
                            debugger_program(Debugger::reader), core.string(), "-c", command},
                           work_, 60s);
    }
    std::vector<std::string> commands() const {
        return {"leaks -n 0", "leaks --strict --kinds all --blocks -n 0", "refs " + block_,
                "retained -n 0", "snapshot --by type -n 0"};
    }
    static bool says_why(const std::string& text) {
        return text.find("remark: ") != std::string::npos ||
               text.find("error: ") != std::string::npos;
    }
    // Ends as it should, and says no less than `whole` without a reason.
    void expect_sound(const Outcome& outcome, const std::string& command) const {
        SCOPED_TRACE("mt " + command + "\n" + outcome.output);
        EXPECT_GE(outcome.status, 0);
        EXPECT_LE(outcome.status, 2);
        EXPECT_FALSE(outcome.output.empty());
        if (outcome.output.find("definitely lost: size=0 B") != std::string::npos) {
            EXPECT_TRUE(says_why(outcome.output));
        }
        if (outcome.status == 2) {
            EXPECT_THAT(outcome.output, HasSubstr("error: "));
        }
    }
    // What a core lacks is known: all that is said of it must be the whole truth, or say so.
    // Without the beginnings of ELF files, which coredump_filter may leave out as well, no debug
    // information can be told to be the program's: types are unknown, and shown so.
    void expect_named(const fs::path& core, const std::vector<std::string>& truth) const {
        const std::vector<std::string> all = commands();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Outcome outcome = ask(core, all[i]);
            expect_sound(outcome, all[i]);
            EXPECT_TRUE(says_why(outcome.output) || outcome.output == truth[i] ||
                        outcome.output.find("unknown type: size=") != std::string::npos)
                << "mt " << all[i] << "\n"
                << outcome.output;
        }
    }
    std::vector<std::string> truth_of(const fs::path& core) const {
        std::vector<std::string> truth;
        for (const std::string& command : commands()) truth.push_back(ask(core, command).output);
        return truth;
    }

    test::TestFolder work_{"damaged"};
    std::string block_;
};

TEST_F(DamagedCores, CutAnywhereSayWhatIsMissing) {
    const fs::path core = make_core(), cut = work_ / "cut";
    const std::vector<std::string> truth = truth_of(core);
    EXPECT_THAT(truth[0], HasSubstr("definitely lost: size="));
    EXPECT_FALSE(says_why(truth[0])) << truth[0];
    const auto size = fs::file_size(core);
    const auto sizes = static_cast<std::uintmax_t>(storm(12, 200));
    for (std::uintmax_t i = 0; i < sizes; ++i) {
        SCOPED_TRACE(i);
        fs::copy_file(core, cut, fs::copy_options::overwrite_existing);
        fs::resize_file(cut, size / sizes * i + i % 7);
        expect_named(cut, truth);
    }
}

TEST_F(DamagedCores, ThatWereFilteredSayWhatIsMissing) {
    const std::vector<std::string> truth = truth_of(make_core());
    for (const char* filter : {"0x33", "0x1", "0x0"}) {
        SCOPED_TRACE(filter);
        expect_named(make_core(filter), truth);
    }
}

class OneCommand : public DamagedCores, public testing::WithParamInterface<std::size_t> {};

// A pointer that is another one is noticed by nobody; but nothing crashes, and nothing is gone.
TEST_P(OneCommand, OnACoreWithOtherBytesEndsInTime) {
    const fs::path core = make_core(), damaged = work_ / "other";
    const std::string command = commands()[GetParam()];
    std::mt19937_64 random(20261127 + GetParam());
    const auto size = fs::file_size(core);
    for (long i = storm(8, 1000); i > 0; --i) {
        fs::copy_file(core, damaged, fs::copy_options::overwrite_existing);
        std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
        // Headers and notes are few bytes, and decide most.
        const auto range = i % 3 == 0 ? std::min<std::uintmax_t>(size, 1 << 14) : size;
        const auto from = i % 3 == 1 ? size - std::min<std::uintmax_t>(size, 1 << 15) : 0;
        for (int changes = 1 + static_cast<int>(random() % 16); changes > 0; --changes) {
            const auto at = static_cast<std::streamoff>(from + random() % (range - from));
            std::string bytes(1 + random() % 8, '\0');
            for (char& byte : bytes) byte = static_cast<char>(random());
            file.seekp(at).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        }
        file.close();
        SCOPED_TRACE(i);
        expect_sound(ask(damaged, command), command);
    }
}

INSTANTIATE_TEST_SUITE_P(Leaks, OneCommand, testing::Range<std::size_t>(0, 5));

}  // namespace
}  // namespace mt::sessions
