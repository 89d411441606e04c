// SPDX-License-Identifier: MIT
//
// mt attach and mt detach in processes that nobody prepared, by both debuggers: where it works
// the program ends as it would have, where it does not one line says why.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "against_ledger.h"
#include "in_debugger.h"
#include "tracee.h"
#include "watchdog.h"

namespace mt::sessions {
namespace {

using test::program_path;
using testing::HasSubstr;
using testing::Not;

// tests/programs/attach_cases.c, which stands at a place and waits.
class Waiting {
  public:
    explicit Waiting(const std::vector<std::string>& arguments,
                     const std::string& program = "attach_cases") {
        int in[2], out[2];
        if (pipe(in) != 0 || pipe(out) != 0) return;
        pid_ = fork();
        if (pid_ == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            for (const int fd : {in[0], in[1], out[0], out[1]}) close(fd);
            const std::string path = program_path(program);
            std::vector<char*> words{const_cast<char*>(path.c_str())};
            for (const std::string& one : arguments)
                words.push_back(const_cast<char*>(one.c_str()));
            words.push_back(nullptr);
            execv(path.c_str(), words.data());
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        input_ = in[1];
        output_ = out[0];
        char text[6];
        is_ready_ = ::read(output_, text, sizeof text) == sizeof text;
    }
    ~Waiting() {
        if (pid_ > 0) kill(pid_, SIGKILL);
        end();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    pid_t pid() const { return pid_; }
    bool is_ready() const { return is_ready_; }
    // What it has said, and its wait status.
    std::pair<std::string, int> end() {
        if (pid_ <= 0) return {};
        // It may have been killed already: then nobody reads, and SIGPIPE would end the test.
        signal(SIGPIPE, SIG_IGN);
        const bool is_told = write(input_, "x", 1) == 1;
        signal(SIGPIPE, SIG_DFL);
        close(input_);
        std::string text;
        char buffer[256];
        for (ssize_t got; (got = ::read(output_, buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(got));
        close(output_);
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return {is_told ? text : "", status};
    }

  private:
    pid_t pid_ = -1;
    int input_ = -1, output_ = -1;
    bool is_ready_ = false;
};

class Attaching : public InDebugger {
  protected:
    static std::string attach_to(pid_t pid) {
        return (is_gdb() ? "attach " : "process attach --pid ") + std::to_string(pid) + '\n';
    }
    // An error does not end what follows.
    static std::string tried(const std::string& command) {
        return is_gdb() ? "python\ntry:\n    gdb.execute('" + command +
                              "')\nexcept gdb.error as error:\n    print('error: %s' % error)\n"
                              "end\n"
                        : command + '\n';
    }
    std::string say(pid_t pid, const std::vector<std::string>& commands) const {
        std::string lines = attach_to(pid);
        for (const std::string& command : commands) lines += tried(command);
        return said(lines + "detach\n");
    }
    // It is refused, nothing changes, and the program ends as it would have.
    void expect_refused(const std::vector<std::string>& arguments, const std::string& why,
                        const std::string& program = "attach_cases") const {
        Waiting waiting(arguments, program);
        ASSERT_TRUE(waiting.is_ready());
        const std::string text = say(waiting.pid(), {"mt attach"});
        EXPECT_THAT(text, HasSubstr("error: ")) << text;
        EXPECT_THAT(text, HasSubstr(why)) << text;
        EXPECT_THAT(text, Not(HasSubstr("is attached")));
        if (arguments.front() == "busy") return;
        const auto [output, status] = waiting.end();
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
        EXPECT_THAT(output, HasSubstr(" over"));
    }
};

TEST_P(Attaching, AnIdleProgramNeedsNoTraffic) {
    for (const char* place : {"idle", "epoll"}) {
        Waiting waiting({place});
        ASSERT_TRUE(waiting.is_ready());
        const std::string text = say(
            waiting.pid(), {"mt start", "mt attach --check", "mt attach", "mt start", "mt attach",
                            "mt status", "mt detach", "mt detach", "mt attach", "mt stop"});
        EXPECT_THAT(text, HasSubstr("mt attach brings it in")) << text;
        EXPECT_THAT(text, HasSubstr("thread 1 would call: it waits in a system call")) << text;
        EXPECT_THAT(text, HasSubstr("the runtime is attached: ")) << text;
        EXPECT_THAT(text, HasSubstr("tracing is on (32 frames)")) << text;
        EXPECT_THAT(text, HasSubstr("the runtime is attached again: ")) << text;
        EXPECT_THAT(text, HasSubstr("the runtime is detached: ")) << text;
        EXPECT_THAT(text, HasSubstr("the runtime is not attached")) << text;
        EXPECT_THAT(text, HasSubstr("tracing is off already")) << text;
        EXPECT_THAT(text, Not(HasSubstr("not memtrace's"))) << text;
        const auto [output, status] = waiting.end();
        EXPECT_EQ(output, std::string(place) + " over, 0 opened\n");
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
}

// The user's breakpoints neither end what we run nor change by it.
TEST_P(Attaching, BreakpointsOfTheUserStayAsTheyWere) {
    Waiting waiting({"idle"});
    ASSERT_TRUE(waiting.is_ready());
    const std::vector<std::string> ours = {"mt attach", "mt detach", "mt attach"};
    std::vector<std::string> commands =
        is_gdb() ? std::vector<std::string>{"break malloc", "break dlopen", "tbreak mmap"}
                 : std::vector<std::string>{"breakpoint set -n malloc", "breakpoint set -n dlopen",
                                            "breakpoint set -n mmap"};
    commands.insert(commands.end(), ours.begin(), ours.end());
    commands.emplace_back(is_gdb() ? "info breakpoints" : "breakpoint list");
    const std::string text = say(waiting.pid(), commands);
    EXPECT_THAT(text, HasSubstr("the runtime is attached again: ")) << text;
    EXPECT_THAT(text, Not(HasSubstr(is_gdb() ? "already hit" : "hit count = 1"))) << text;
    const auto list = text.substr(text.rfind("the runtime is attached again"));
    EXPECT_THAT(list, HasSubstr("malloc")) << text;
    EXPECT_THAT(list, HasSubstr("dlopen")) << text;
    EXPECT_THAT(list, Not(HasSubstr(is_gdb() ? " n  " : "disabled"))) << text;
}

TEST_P(Attaching, RefusesASignalHandler) { expect_refused({"signal"}, "it runs a signal handler"); }
TEST_P(Attaching, RefusesWhatLibcCallsBack) { expect_refused({"callback"}, "called back by libc"); }
TEST_P(Attaching, RefusesTheLoadersOwnThread) {
    expect_refused({"loader", program_path("libattach_constructor.so")},
                   "it is in the dynamic loader");
}
TEST_P(Attaching, RefusesAFilterOfSystemCalls) { expect_refused({"filter"}, "(seccomp)"); }
TEST_P(Attaching, GoesOnDespiteAFilterThatTheUserVouchesFor) {
    Waiting waiting({"filter"});
    ASSERT_TRUE(waiting.is_ready());
    const std::string text = say(waiting.pid(), {"mt attach --despite-filter"});
    EXPECT_THAT(text, HasSubstr("the runtime is attached: ")) << text;
    EXPECT_EQ(waiting.end().first, "filter over, 0 opened\n");
}
TEST_P(Attaching, RefusesAStaticProgram) {
    expect_refused({"static"}, "this program is static", "attach_static");
}
TEST_P(Attaching, GivesUpOnAProgramThatNeverAllocates) {
    expect_refused({"busy"}, "within 5 seconds");
}

TEST_P(Attaching, SaysWhatTheLoaderSaysWithoutRoomForThreadLocalMemory) {
    std::vector<std::string> arguments{"tls"};
    // Large ones first; what these leave the small ones take.
    for (int i = 0; i < 80; ++i) {
        const std::string copy = work_ / ("libtls" + std::to_string(i) + ".so");
        std::filesystem::copy_file(
            program_path(i < 40 ? "libthread_local_initial_exec.so" : "libattach_small_tls.so"),
            copy);
        arguments.push_back(copy);
    }
    expect_refused(arguments, "cannot allocate memory in static TLS block");
}

// A storm that is attached to and left again: its output is as without, each new block is in the
// table, and nothing else.
TEST_P(Attaching, AStormIsAttachedToAndLeftAgain) {
    const auto rounds = storm(30, 200);
    test::Tracee tracee({.program = program_path("attach_storm"),
                         .arguments = {},
                         .environment = {},
                         .preload = false});
    usleep(100'000);
    std::string lines;
    for (long i = 0; i < rounds; ++i) {
        lines += attach_to(tracee.pid()) + tried("mt attach") + tried("mt start") + "detach\n" +
                 (is_gdb() ? "shell" : "platform shell") + " sleep 0.05\n" +
                 attach_to(tracee.pid()) + tried("mt detach") + "detach\n";
    }
    const std::string text =
        said(lines + attach_to(tracee.pid()) + tried("mt attach") + tried("mt start") + "detach\n",
             {}, std::chrono::seconds(60 + 10 * rounds));
    EXPECT_THAT(text, Not(HasSubstr("error: "))) << text;
    EXPECT_THAT(text, HasSubstr("the runtime is attached again: ")) << text;
    usleep(500'000);  // each block from before has been replaced
    kill(tracee.pid(), SIGUSR1);
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(tracee.book().block_count, 800u);
    test::expect_blocks(*table, tracee.book(), {1000, 1999});
    EXPECT_EQ(test::lost(*table), 0u);
    tracee.resume();
    kill(tracee.pid(), SIGUSR2);
    const int status = tracee.wait_for_exit();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(tracee.output(), "0 broken\n");
}

INSTANTIATE_TEST_SUITE_P(In, Attaching, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
