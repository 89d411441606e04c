// SPDX-License-Identifier: MIT
//
// Once tracing has begun, hooks make the system calls that every allocator makes and no
// others: each one that comes from the runtime's own code is looked at, in programs that
// use every entry, threads, forks, fibers, signals, clears and closes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "test_folder.h"
#include "tracee.h"

namespace mt::test {
namespace {

constexpr std::uint64_t kHeaderMapping = 65536;  // the first that the runtime maps

struct Code {
    std::uint64_t start = 0, end = 0;
};

Code code_of_runtime(pid_t pid) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        Code code;
        char mode[5] = {};
        if (line.find("libmemtrace.so") == std::string::npos) continue;
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &code.start, &code.end, mode) != 3) continue;
        if (mode[2] == 'x') return code;
    }
    return {};
}

class Watcher {
  public:
    // Until the program stops itself or ends. Again: from there on.
    void run(pid_t pid) {
        main_ = pid;
        done_ = came_to_end = false;
        calls.clear();
        const auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                             PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
        ASSERT_EQ(ptrace(PTRACE_SETOPTIONS, pid, nullptr, options), 0);
        go_on(pid, 0);
        for (int status; !done_;) {
            const pid_t stopped = waitpid(-1, &status, __WALL);
            if (stopped < 0) break;
            look(stopped, status);
        }
    }
    std::map<std::uint64_t, unsigned> calls;  // by number, from the runtime
    bool probed_by_mask = false;
    bool came_to_end = false;

  private:
    void look(pid_t pid, int status) {
        if (!WIFSTOPPED(status)) {
            done_ = done_ || pid == main_;
            return;
        }
        const int signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80)) {
            look_at_call(pid);
            return go_on(pid, 0);
        }
        if (pid == main_ && signal == SIGSTOP && code_.start != 0) {
            done_ = came_to_end = true;
            return;
        }
        // A new thread's or child's first stop, or an event of ptrace's own.
        const bool is_ours = status >> 16 != 0 || signal == SIGSTOP || signal == SIGTRAP;
        go_on(pid, is_ours ? 0 : signal);
    }

    void look_at_call(pid_t pid) {
        __ptrace_syscall_info info = {};
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) return;
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
        if (code_.start == 0) code_ = code_of_runtime(pid);
        const std::uint64_t at = info.instruction_pointer;
        if (code_.start == 0 || at < code_.start || at >= code_.end) return;
        const std::uint64_t number = info.entry.nr;
        // In a black box it is not mapped, but allocated.
        const bool gives = number == SYS_mmap || number == SYS_madvise;
        begun_ = begun_ || (gives && info.entry.args[1] == kHeaderMapping);
        if (!begun_) return;
        ++calls[number];
        // `how` is none that there is: it asks whether memory can be read.
        const bool probes =
            number == SYS_rt_sigprocmask && static_cast<int>(info.entry.args[0]) == -1;
        probed_by_mask = probed_by_mask || probes;
        EXPECT_TRUE(probes || kAllowed.count(number) == 1) << "system call " << number;
    }

    static void go_on(pid_t pid, int signal) { ptrace(PTRACE_SYSCALL, pid, nullptr, signal); }

    static inline const std::set<std::uint64_t> kAllowed = {SYS_mmap, SYS_munmap, SYS_mprotect,
                                                            SYS_madvise, SYS_futex,
                                                            // the kernel's own, after ptrace
                                                            SYS_restart_syscall};
    pid_t main_ = 0;
    Code code_;
    bool begun_ = false;
    bool done_ = false;
};

struct Case {
    const char* program;
    std::vector<std::string> arguments;
    bool has_foreign_stacks;  // probed by a cheaper call where no filter is known
    bool has_box = false;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.program; }

class SystemCalls : public testing::TestWithParam<Case> {};

TEST_P(SystemCalls, AreThoseOfAnAllocator) {
    TestFolder folder("calls");
    const std::string box = GetParam().has_box ? ",file=" + (folder / "box") : "";
    Tracee tracee({.program = program_path(GetParam().program),
                   .arguments = GetParam().arguments,
                   .environment = {{"MEMTRACE", "32" + box}},
                   .ptrace = true});
    ASSERT_TRUE(tracee.wait_for_stop());  // execve
    Watcher watcher;
    watcher.run(tracee.pid());
    EXPECT_TRUE(watcher.came_to_end);
    EXPECT_GT(watcher.calls[SYS_mmap], 0u) << "none was seen";
    EXPECT_EQ(std::filesystem::exists(folder / "box"), GetParam().has_box);
    if (!GetParam().has_foreign_stacks) {
        EXPECT_FALSE(watcher.probed_by_mask);
    }
}

// Whatever the stacks are that a program allocates on: once all has been seen, events ask
// the kernel for nothing.
class SteadyState : public testing::TestWithParam<const char*> {};

void expect_no_calls(const std::string& program, const std::string& setting) {
    Launch launch{.program = program_path(program), .arguments = {}, .environment = {}};
    launch.ptrace = true;
    if (!setting.empty()) launch.environment["MEMTRACE"] = setting;
    Tracee tracee(launch);
    ASSERT_TRUE(tracee.wait_for_stop());  // execve
    Watcher watcher;
    watcher.run(tracee.pid());
    ASSERT_TRUE(watcher.came_to_end);
    EXPECT_FALSE(watcher.calls.empty()) << "none was seen";
    watcher.run(tracee.pid());
    ASSERT_TRUE(watcher.came_to_end);
    for (const auto& [number, count] : watcher.calls) {
        ADD_FAILURE() << "system call " << number << ", " << count << " times";
    }
}

TEST_P(SteadyState, NeedsNoSystemCall) { expect_no_calls(GetParam(), ""); }

TEST_P(SteadyState, NeedsNoneWithABlackBox) {
    TestFolder folder("calls");
    expect_no_calls(GetParam(), "32,file=" + (folder / "box"));
    EXPECT_TRUE(std::filesystem::exists(folder / "box"));
}

INSTANTIATE_TEST_SUITE_P(Of, SteadyState, testing::Values("undescribed", "fiber_events"),
                         [](const auto& program) { return std::string(program.param); });

const std::string library_a = program_path("liblibrary_a.so");
const std::string library_b = program_path("liblibrary_b.so");
INSTANTIATE_TEST_SUITE_P(
    In, SystemCalls,
    testing::Values(
        Case{"family_matrix", {"hold"}, false}, Case{"misaligned", {library_a}, true},
        Case{"fibers", {}, true}, Case{"overflowing", {"above"}, true},
        Case{"thread_ends", {"keys"}, false}, Case{"thread_ends", {"destructors"}, false},
        Case{"clear_storm", {"restart"}, false}, Case{"close_storm", {library_a, library_b}, false},
        Case{"filtered", {"kill", "fork"}, false}, Case{"family_matrix", {"hold"}, false, true},
        Case{"thread_ends", {"keys"}, false, true}, Case{"clear_storm", {"restart"}, false, true},
        Case{"filtered", {"kill", "fork"}, false, true}),
    [](const auto& way) {
        std::string name = way.param.has_box ? "box_of_" : "";
        name += way.param.program;
        if (!way.param.arguments.empty() && way.param.arguments[0][0] != '/') {
            name += "_" + way.param.arguments[0];
        }
        for (char& c : name) c = c == '-' ? '_' : c;
        return name;
    });

}  // namespace
}  // namespace mt::test
