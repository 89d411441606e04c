// SPDX-License-Identifier: MIT
//
// What is GDB's own: its settings, its maintenance commands, its ways to start a
// program, its inferiors. What commands say is the scenarios' business.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::string kLibrary = (kStage / "lib/libmemtrace.so").string();

// Each command is answered; an error is a line "error: …" like LLDB's.
constexpr const char* kPrelude = R"(set confirm off
set debuginfod enabled off
python
def say(command):
    gdb.write("> %s\n" % command)
    try:
        gdb.execute(command)
    except gdb.error as error:
        gdb.write("error: %s\n" % error)
    except KeyboardInterrupt:
        gdb.write("interrupted\n")
end
)";

class GdbTest : public testing::Test {
  protected:
    // Everything that GDB said to `commands`; the loader's path is `script`.
    std::string gdb(const std::vector<std::string>& commands, const std::string& program,
                    const fs::path& script = kStage / "share/memtrace/gdb/memtrace.py") {
        const fs::path file = work_ / "commands.gdb";
        std::ofstream out(file);
        out << kPrelude;
        for (const std::string& command : commands) out << "python say(r'''" << command << "''')\n";
        out.close();
        std::vector<std::string> words = environment_;
        for (const std::string& word :
             {debugger_program(Debugger::gdb), std::string("-nx"), std::string("-batch"),
              std::string("-x"), script.string(), std::string("-x"), file.string(),
              (kPrograms / program).string()})
            words.push_back(word);
        const Outcome outcome = run_program("env", words, work_, 120s);
        EXPECT_NE(-1, outcome.status) << "GDB did not end";
        return outcome.output;
    }

    fs::path executable(const std::string& name, const std::string& text) {
        const fs::path file = work_ / name;
        std::ofstream(file) << "#!/bin/sh\n" << text;
        fs::permissions(file, fs::perms::owner_all);
        return file;
    }

    std::string text_of(const std::string& name) {
        std::ifstream in(work_ / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    TestFolder work_{"gdb"};
    std::vector<std::string> environment_;
};

TEST_F(GdbTest, AnyUserSettingWillDo) {
    const std::string said =
        gdb({"mt preload", "tbreak lesson_ready", "run", "set confirm on", "set height 3",
             "set width 20", "set print elements 1", "set print demangle off",
             "set print asm-demangle on", "set language ada", "mt start", "tbreak lesson_done",
             "continue", "mt peak", "show language", "show print demangle"},
            "lesson_peak");
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(said, HasSubstr("lesson_peak.c:11: size=8 B, count=1, average=8 B\n"));
    EXPECT_THAT(said, HasSubstr("language is \"ada\""));
    EXPECT_THAT(said, HasSubstr("symbols is off"));
}

// GDB makes a checkpoint by a fork that no handler of pthread_atfork hears of.
TEST_F(GdbTest, ACheckpointHasATableOfItsOwn) {
    const std::string said = gdb(
        {"mt preload", "tbreak lesson_ready", "run", "mt start", "checkpoint", "restart 1",
         "tbreak lesson_second", "continue", "mt status", "mt blocks", "restart 0", "mt status"},
        "lesson_clear");
    EXPECT_THAT(said, HasSubstr("current: size=2112 B, count=2\n"));
    EXPECT_THAT(said, HasSubstr("lesson_clear.c:15"));
    EXPECT_THAT(said, HasSubstr("lesson_clear.c:16"));
    EXPECT_THAT(said, HasSubstr("losses: none\n"));
    EXPECT_THAT(said, HasSubstr("current: size=0 B, count=0\n"));  // the first process stands still
}

TEST_F(GdbTest, OtherWordsStillReachMaintenance) {
    const std::string said = gdb({"mt info sections .text", "memtrace list", "mt wibble",
                                  "mt print msymbols -objfile nothing"},
                                 "exits");
    EXPECT_THAT(said, HasSubstr(": .text ALLOC LOAD"));
    EXPECT_THAT(said, HasSubstr("error: mt wibble is no command"));
    EXPECT_THAT(said, Not(HasSubstr("Undefined")));
}

TEST_F(GdbTest, VerbsHaveHelpAbbreviationsAndCompletion) {
    const std::string said = gdb({"help mt snapshot", "mt sn", "complete mt sna",
                                  "complete mt snapshot --js", "complete mt snapshot --by=fun"},
                                 "exits");
    EXPECT_THAT(said, HasSubstr("mt snapshot [NAME]"));
    EXPECT_THAT(said, HasSubstr("> mt sn\nerror: no program is being debugged"));
    EXPECT_THAT(said, HasSubstr("> complete mt sna\nmt snapshot\n"));
    EXPECT_THAT(said, HasSubstr("> complete mt snapshot --js\nmt snapshot --json\n"));
    EXPECT_THAT(said, HasSubstr("> complete mt snapshot --by=fun\nmt snapshot --by=function\n"));
}

TEST_F(GdbTest, TracedMemoryServesConditions) {
    const std::string said =
        gdb({"print $_mt_current()", "mt preload", "tbreak lesson_ready", "run",
             "print $_mt_peak()", "mt start", "tbreak lesson_first if $_mt_current() < 2048",
             "tbreak lesson_second if $_mt_current() == 2112", "continue", "print $_mt_peak()"},
            "lesson_clear");
    EXPECT_THAT(said, HasSubstr("$1 = 0\n"));
    EXPECT_THAT(said, HasSubstr("$2 = 0\n"));
    EXPECT_THAT(said, ContainsRegex("Temporary breakpoint [0-9]+, lesson_second"));
    EXPECT_THAT(said, Not(ContainsRegex("Temporary breakpoint [0-9]+, lesson_first")));
    EXPECT_THAT(said, HasSubstr("$3 = 2112\n"));
}

TEST_F(GdbTest, BlocksServeExpressionsAndConditions) {
    const std::string said =
        gdb({"print $_mt_block(1)", "mt preload", "tbreak lesson_ready", "run",
             "print $_mt_block(from_before)", "mt start",
             "tbreak lesson_done if $_mt_block_size(by_malloc + 7) == 101",
             "tbreak lesson_done if $_mt_block_size(by_malloc + 7) == 100", "continue",
             "print $_mt_block(&head->name[3]) == head", "print $_mt_block_size(large)",
             "print $_mt_block(on_stack)", "mt block $_mt_block(by_calloc + 9) + 1"},
            "lesson_block");
    EXPECT_THAT(said, HasSubstr("$1 = 0\n"));
    EXPECT_THAT(said, HasSubstr("$2 = 0\n"));
    EXPECT_THAT(said, ContainsRegex("Temporary breakpoint 3, lesson_done"));
    EXPECT_THAT(said, HasSubstr("$3 = true\n"));
    EXPECT_THAT(said, HasSubstr("$4 = 209715200\n"));
    EXPECT_THAT(said, HasSubstr("$5 = 0\n"));
    EXPECT_THAT(said, HasSubstr("size=200 B, offset 1\n"));
}

TEST_F(GdbTest, CtrlCAtAQuestionOfMtBreakStopsAndNothingIsLost) {
    const std::string said =
        gdb({"mt preload", "tbreak lesson_ready", "run", "mt start",
             "mt break --site */lesson_break.c:19",
             "python import memtrace_gdb.stops as s; kept = s.Stops.at_point; "
             "exec('def strike(stops): raise KeyboardInterrupt'); s.Stops.at_point = strike",
             "continue", "frame", "mt snapshot", "python s.Stops.at_point = kept", "mt break",
             "continue", "mt snapshot --filter */lesson_break.c:19"},
            "lesson_break");
    EXPECT_THAT(said, ContainsRegex("> frame\n#0  (0x[0-9a-f]+ in )?memtrace_stopped"));
    EXPECT_THAT(said, HasSubstr("Total: size=100 B, count=1\n"));
    EXPECT_THAT(said, HasSubstr("1: site */lesson_break.c:19, 0 hits\n"));
    EXPECT_THAT(said, HasSubstr("lesson_break.c:19; block 0x"));
    EXPECT_THAT(said, HasSubstr("Total: size=1000 B, count=1\n"));
}

TEST_F(GdbTest, CtrlCEndsTheCommandAndNothingElse) {
    const std::string said = gdb(
        {"mt preload", "tbreak lesson_ready", "run", "mt start", "tbreak lesson_done", "continue",
         "python import memtrace_gdb.memory as m; kept = m.find_symbol; "
         "exec('def strike(name): raise KeyboardInterrupt'); m.find_symbol = strike",
         "mt snapshot", "python m.find_symbol = kept", "mt list", "mt peak"},
        "lesson_peak");
    EXPECT_THAT(said, HasSubstr("> mt snapshot\ninterrupted\n"));
    EXPECT_THAT(said, Not(HasSubstr("\n1: size=")));  // no snapshot was kept
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
}

TEST_F(GdbTest, PreloadingLeavesTheShellAlone) {
    const fs::path shell =
        executable("shell", "echo \"shell: ${LD_PRELOAD:-none}\" >>shell.out\neval \"$2\"\n");
    environment_ = {"SHELL=" + shell.string()};
    const std::string said =
        gdb({"mt start", "tbreak lesson_done", "run", "mt peak", "mt preload off",
             "show exec-wrapper", "kill", "tbreak lesson_done", "run", "mt peak"},
            "lesson_peak");
    EXPECT_EQ("shell: none\nshell: none\n", text_of("shell.out"));
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(said, HasSubstr("The wrapper for running programs is \"\".\n"));
    EXPECT_THAT(said, HasSubstr("> mt peak\nerror: this program runs without"));
}

TEST_F(GdbTest, PreloadingKeepsAWrapperAndOtherPreloads) {
    const fs::path wrapper = executable("wrapper", "echo wrapped >>wrapper.out\nexec \"$@\"\n");
    const std::string other = kPrograms / "libother_preload.so";
    environment_ = {"LD_PRELOAD=" + other};
    const std::string said =
        gdb({"set exec-wrapper " + wrapper.string(), "mt start", "tbreak lesson_done", "run",
             "mt peak", "info sharedlibrary preload", "mt preload off", "show exec-wrapper",
             "set exec-wrapper env A=b LD_PRELOAD=/x.so", "mt preload", "show exec-wrapper",
             "mt preload", "show exec-wrapper", "mt preload off", "show exec-wrapper"},
            "lesson_peak");
    EXPECT_EQ("wrapped\n", text_of("wrapper.out"));
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(said, HasSubstr(other));
    EXPECT_THAT(said, HasSubstr("programs is \"" + wrapper.string() + "\".\n"));
    const std::string merged =
        "programs is \"env A=b LD_PRELOAD=/x.so LD_PRELOAD=" + kLibrary + ":/x.so\".\n";
    EXPECT_THAT(said, HasSubstr(merged));
    EXPECT_NE(said.find(merged), said.rfind(merged)) << "the second time adds nothing";
    EXPECT_THAT(said, HasSubstr("programs is \"env A=b LD_PRELOAD=/x.so\".\n"));
}

TEST_F(GdbTest, EachInferiorHasItsSession) {
    const std::string said =
        gdb({"mt preload", "tbreak lesson_ready", "run", "mt start", "tbreak lesson_done",
             "continue", "mt snapshot here", "add-inferior", "inferior 2", "mt list", "mt peak",
             "inferior 1", "mt list", "remove-inferiors 2", "mt peak"},
            "lesson_peak");
    EXPECT_THAT(said, ContainsRegex("inferior 2\n(.|\n)*> mt list\nno snapshots"));
    EXPECT_THAT(said, HasSubstr("> mt peak\nerror: no program is being debugged"));
    EXPECT_THAT(said, ContainsRegex("inferior 1\n(.|\n)*> mt list\n1 here: size=0 B"));
    EXPECT_THAT(said, ContainsRegex("remove-inferiors 2\n> mt peak\ncurrent: size=0 B"));
}

TEST_F(GdbTest, AFollowedForkShowsItsOwnTable) {
    const std::vector<std::string> start = {"mt preload", "tbreak forked_ready", "run", "mt start"};
    const auto with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> commands = start;
        commands.insert(commands.end(), more.begin(), more.end());
        return gdb(commands, "forked");
    };
    const std::string child = with({"set follow-fork-mode child", "tbreak forked_child", "continue",
                                    "mt snapshot", "mt peak"});
    EXPECT_THAT(child, HasSubstr("Total: size=1200 B, count=2\n"));
    EXPECT_THAT(child, HasSubstr("peak: size=1200 B, count=2\n"));
    const std::string parent = with({"tbreak forked_parent", "continue", "mt snapshot"});
    EXPECT_THAT(parent, HasSubstr("Total: size=1030 B, count=2\n"));
    const std::string both = with({"set detach-on-fork off", "tbreak forked_parent", "continue",
                                   "mt snapshot", "inferior 2", "tbreak forked_child", "continue",
                                   "mt snapshot", "inferior 1", "mt snapshot"});
    EXPECT_THAT(both, ContainsRegex("size=1030 B, count=2\n(.|\n)*size=1200 B, count=2\n"
                                    "(.|\n)*size=1030 B, count=2\n"));
}

TEST_F(GdbTest, AFollowedForkEndsWithoutAStop) {
    const std::string said = gdb({"mt preload", "mt start", "set follow-fork-mode child",
                                  "mt break --exit", "tbreak forked_child", "run", "continue"},
                                 "forked");
    EXPECT_THAT(said, ContainsRegex("forked_child (.|\n)*exited normally"));
    EXPECT_THAT(said, Not(HasSubstr("mt break 1:")));
}

TEST_F(GdbTest, EachRunHasItsOwnTable) {
    std::vector<std::string> commands = {"mt preload"};
    for (int run = 0; run < 3; ++run)
        for (const char* command : {"tbreak lesson_ready", "run", "mt start", "tbreak lesson_done",
                                    "continue", "mt peak", "kill", "mt peak"})
            commands.push_back(command);
    const std::string said = gdb(commands, "lesson_peak");
    std::size_t peaks = 0, ended = 0;
    for (auto at = said.find("\npeak: size=8 B, count=1\n"); at != said.npos;
         at = said.find("\npeak: size=8 B, count=1\n", at + 1))
        ++peaks;
    for (auto at = said.find("> mt peak\nerror: "); at != said.npos;
         at = said.find("> mt peak\nerror: ", at + 1))
        ++ended;
    EXPECT_EQ(3u, peaks) << said;
    EXPECT_EQ(3u, ended) << said;
}

TEST_F(GdbTest, OtherCharacterSetsLoseNoLines) {
    environment_ = {"LC_ALL=C", "LANG=C", "PYTHONUTF8=0"};
    const std::vector<std::string> ask = {"mt preload",  "tbreak odd_ready", "run",
                                          "mt start",    "tbreak odd_done",  "continue",
                                          "mt snapshot", "show host-charset"};
    for (const char* charset : {"auto", "ISO-8859-1", "ASCII", "UTF-8"}) {
        std::vector<std::string> commands = {std::string("set host-charset ") + charset};
        commands.insert(commands.end(), ask.begin(), ask.end());
        const std::string said = gdb(commands, "odd_names");
        EXPECT_THAT(said, HasSubstr("/odd/caf\\xe9.c:2: size=1000 B, count=1")) << charset;
        EXPECT_THAT(said, HasSubstr("/odd/\\x1b[31mred\\x0a.c:2: size=200 B")) << charset;
        EXPECT_THAT(said, HasSubstr(std::string("character set is \"") + charset)) << charset;
    }
}

TEST_F(GdbTest, ARecordingIsReadAndNotChanged) {
    const std::string said =
        gdb({"mt preload", "tbreak lesson_ready", "run", "mt start", "tbreak lesson_done",
             "continue", "record full", "next", "mt clear", "reverse-next", "mt peak", "mt clear"},
            "lesson_peak");
    EXPECT_THAT(said, HasSubstr("> mt clear\nall traces were dropped"));
    EXPECT_THAT(said, ContainsRegex("reverse-next(.|\n)*> mt peak\ncurrent: size=0 B, count=0\n"));
    EXPECT_THAT(said, HasSubstr("> mt clear\nerror: a recording cannot be changed"));
}

TEST_F(GdbTest, WorksOverGdbserver) {
    const std::string connect =
        "target remote | " MEMTRACE_GDBSERVER " --once --wrapper env LD_PRELOAD=" + kLibrary +
        " -- - " + (kPrograms / "lesson_peak").string();
    const std::string said =
        gdb({connect, "mt preload", "mt start", "tbreak lesson_done", "continue", "mt peak"},
            "lesson_peak");
    EXPECT_THAT(said, HasSubstr("> mt preload\nerror: the program is started on the remote side"));
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(said, HasSubstr("lesson_peak.c:11: size=8 B, count=1, average=8 B\n"));
}

TEST_F(GdbTest, AHalfInstallationSaysSoInOneLine) {
    const fs::path gdb_files = work_ / "share/memtrace/gdb";
    fs::create_directories(gdb_files.parent_path());
    fs::copy(kStage / "share/memtrace/gdb", gdb_files, fs::copy_options::recursive);
    const std::string none = gdb({"mt info sections .text"}, "exits", gdb_files / "memtrace.py");
    EXPECT_THAT(none, ContainsRegex("^memtrace: the core library cannot be loaded: [^\n]*\n"));
    EXPECT_THAT(none, Not(HasSubstr("Traceback")));
    EXPECT_THAT(none, HasSubstr(": .text ALLOC LOAD"));  // mt is still maintenance
    fs::create_directories(work_ / "lib/memtrace");
    fs::copy(kPrograms / "libother_abi.so", work_ / "lib/memtrace/libmemtrace_core.so");
    EXPECT_THAT(
        gdb({}, "exits", gdb_files / "memtrace.py"),
        ContainsRegex("speaks interface 999, these GDB commands speak [0-9]+; install both"));
}

TEST_F(GdbTest, APlaceThatCannotBePreloadedIsNamed) {
    const fs::path prefix = work_ / "two words";
    fs::create_directories(prefix / "share/memtrace");
    fs::copy(kStage / "share/memtrace/gdb", prefix / "share/memtrace/gdb",
             fs::copy_options::recursive);
    fs::create_directory_symlink(kStage / "lib", prefix / "lib");
    const std::string said = gdb({"mt preload", "show exec-wrapper"}, "exits",
                                 prefix / "share/memtrace/gdb/memtrace.py");
    EXPECT_THAT(said, ContainsRegex("error: LD_PRELOAD is cut [^\n]*two words/lib/libmemtrace.so"));
    EXPECT_THAT(said, HasSubstr("programs is \"\"."));
}

TEST_F(GdbTest, TheStarterLoadsPreloadsAndPassesArguments) {
    const std::string program = (kPrograms / "lesson_peak").string();
    const fs::path starter = work_ / "started-by-link";
    fs::create_symlink(kStage / "bin/memtrace-gdb", starter);
    const auto start = [&](std::vector<std::string> words) {
        return run_program(starter.string(), words, work_, 120s).output;
    };
    const std::string said =
        start({"-nx",    "-batch",   "-ex",          "tbreak lesson_ready", "-ex", "run",
               "-ex",    "mt start", "-ex",          "tbreak lesson_done",  "-ex", "continue",
               "-ex",    "mt peak",  "-ex",          "info threads",        "-ex", "gcore saved",
               "--args", program,    "--idle-thread"});
    EXPECT_THAT(said, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(said, ContainsRegex("\n  2 +Thread"));
    const std::string core = start({"-nx", "-batch", "-ex", "mt peak", program, "saved"});
    EXPECT_THAT(core, HasSubstr("peak: size=8 B, count=1\n"));
    EXPECT_THAT(core, Not(HasSubstr("rror")));
}

TEST_F(GdbTest, TheStarterPreparesNoRunForWhatRunsAlready) {
    const pid_t asleep = start_program("sleep", {"100"}, work_, -1, 2);
    const std::string said = run_program((kStage / "bin/memtrace-gdb").string(),
                                         {"-nx", "-batch", "-ex", "show exec-wrapper", "-ex",
                                          "mt status", "-p", std::to_string(asleep)},
                                         work_, 120s)
                                 .output;
    kill(asleep, SIGKILL);
    waitpid(asleep, nullptr, 0);
    EXPECT_THAT(said, HasSubstr("programs is \"\"."));
    EXPECT_THAT(said, Not(HasSubstr("the next run preloads")));
    EXPECT_THAT(said, HasSubstr("without the memtrace runtime"));
}

// As installed where GDB looks by itself: docs/install.md.
TEST_F(GdbTest, TheCommandsComeWithTheLibrary) {
    fs::create_directories(work_ / "share/memtrace");
    fs::copy(kStage / "share/memtrace/gdb", work_ / "share/memtrace/gdb",
             fs::copy_options::recursive);
    fs::copy(kStage / "lib", work_ / "lib", fs::copy_options::recursive);
    const fs::path scripts = work_ / "share/gdb/auto-load";
    const fs::path beside = scripts / fs::canonical(work_.path()).relative_path() / "lib";
    fs::create_directories(beside);
    fs::copy(MEMTRACE_GDB_AUTOLOAD, beside / "libmemtrace.so-gdb.py");
    const auto gdb_with = [&](const std::string& safe_path) {
        return run_program(
                   debugger_program(Debugger::gdb),
                   {"-nx", "-batch", "-iex", "add-auto-load-scripts-directory " + scripts.string(),
                    "-iex", "set auto-load safe-path " + safe_path, "-ex",
                    "set exec-wrapper env LD_PRELOAD=" + (work_ / "lib/libmemtrace.so"), "-ex",
                    "tbreak lesson_ready", "-ex", "run", "-ex", "mt start", "-ex", "mt status",
                    (kPrograms / "lesson_peak").string()},
                   work_, 120s)
            .output;
    };
    EXPECT_THAT(gdb_with(scripts.string()), HasSubstr("tracing: on"));
    EXPECT_THAT(gdb_with("/nowhere"), Not(HasSubstr("tracing: on")));
}

}  // namespace
}  // namespace mt::sessions
