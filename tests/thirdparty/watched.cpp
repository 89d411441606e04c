// SPDX-License-Identifier: MIT
//
// watched OUT SECONDS ROOT COMMAND [ARGUMENT…]: runs a command and all that it starts, and
// writes into OUT, as JSON, how it ended and what it took. With ROOT (the offset of
// memtrace_root in the runtime, in hex; 0 = do not look) each process is stopped at its
// exit, by ptrace, and its table is read: what was counted, what was lost, and whether
// blocks and counters say the same (of processes of one name with many blocks: of three). What
// daemons leave behind is waited for, or ended at the deadline. Compares nothing and knows no
// program; run.py does.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "read/counted.h"
#include "tracee.h"

namespace {

using nlohmann::json;
using namespace mt;

volatile sig_atomic_t past_deadline = 0;

// A field of /proc/PID/status; 0 if the process is gone.
long status_field(pid_t pid, const std::string& field) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(field + ":", 0) == 0)
            return std::strtol(&line[field.size() + 1], nullptr, 10);
    return 0;
}

std::string name_of(pid_t pid) {
    std::string name;
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), name);
    return name;
}

// Where the runtime's first segment lies; 0 if the process does not have it.
std::uint64_t runtime_base(pid_t pid) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find("/libmemtrace.so") != std::string::npos)
            return std::strtoull(line.c_str(), nullptr, 16);
    return 0;
}

bool is_whole(const core::Table& table) {
    std::int64_t sum = 0;
    for (const core::Block& block : table.blocks) sum += static_cast<std::int64_t>(block.size);
    return sum == table.current_size &&
           static_cast<std::int64_t>(table.blocks.size()) == table.current_count;
}

// Some programs fork by the thousand, and each child has the whole table.
constexpr std::int64_t kManyBlocks = 5000;
constexpr unsigned kOfOneName = 3;

class Reader {
  public:
    explicit Reader(std::uint64_t root) : root_(root) {}

    // At its end: nothing of it runs any more, its memory is still there.
    json read(pid_t pid) {
        json row{{"name", name_of(pid)}, {"traced", false}};
        const std::uint64_t base = runtime_base(pid);
        if (base == 0) return row;
        test::ProcessMemory memory(pid);
        const auto status = core::read_status(memory, base + root_);
        if (!status) {
            row["error"] = status.error().text;
            return row;
        }
        if (const auto error = add_figures(memory, *status, row)) row["error"] = error->text;
        return row;
    }

  private:
    std::optional<core::Error> add_figures(core::Memory& memory, const core::Status& status,
                                           json& row) {
        const auto table = core::read_table(memory, status, {});
        const auto counted = core::read_counted(memory, status, std::nullopt);
        if (!table) return table.error();
        if (!counted) return counted.error();
        row["traced"] = status.tracing;
        row["reason"] = status.reason;
        row["allocations"] = counted->totals.alloc_count;
        row["frees"] = counted->totals.free_count;
        row["bytes"] = counted->totals.alloc_bytes;
        row["losses"] = json::object();
        for (const core::Loss& loss : table->losses)
            if (loss.total != 0) row["losses"][loss.name] = loss.total;
        if (table->current_count > kManyBlocks && ++large_[row["name"]] > kOfOneName) return {};
        const auto blocks = core::read_table(memory, status, {.blocks = true});
        if (!blocks) return blocks.error();
        row["whole"] = is_whole(*blocks);
        return {};
    }

    std::uint64_t root_;
    std::map<std::string, unsigned> large_;  // tables that were read, by the process's name
};

class Watch {
  public:
    Watch(pid_t command, std::uint64_t root) : command_(command), reader_(root) {
        if (root != 0) seize();
    }

    // Until nothing that the command started is left, or the deadline.
    json run() {
        for (;;) {
            int status = 0;
            rusage usage{};
            const pid_t pid = wait4(-1, &status, __WALL, &usage);
            if (past_deadline != 0) break;
            if (pid < 0 && errno == EINTR) continue;
            if (pid < 0) break;
            if (WIFSTOPPED(status))
                stopped(pid, status);
            else
                ended(pid, status, usage);
        }
        result_["in_time"] = past_deadline == 0;
        return result_;
    }

  private:
    void seize() {
        const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
        if (ptrace(PTRACE_SEIZE, command_, nullptr, options) != 0) result_["error"] = "no ptrace";
        meet(command_);
    }

    void ended(pid_t pid, int status, const rusage& usage) {
        met_.erase(pid);
        if (pid == command_)
            result_["status"] = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (WIFSIGNALED(status)) {
            const auto found = names_.find(pid);
            const std::string name = found == names_.end() ? "" : found->second;
            result_["killed"].push_back({{"name", name}, {"signal", WTERMSIG(status)}});
        }
        // Its own children's time is in it; ptrace's stops would be too, so nobody asks then.
        const auto seconds = [](const timeval& t) {
            return double(t.tv_sec) + 1e-6 * double(t.tv_usec);
        };
        cpu_ += seconds(usage.ru_utime) + seconds(usage.ru_stime);
        peak_ = std::max(peak_, usage.ru_maxrss);
        result_["cpu"] = cpu_;
        result_["peak_kib"] = peak_;
    }

    // The first stop of a new thread may come before its maker's, and even its end may.
    void meet(pid_t tid) {
        if (met_.count(tid) != 0) return;
        if (const auto group = static_cast<pid_t>(status_field(tid, "Tgid"))) {
            threads_[group].insert(tid);
            met_.insert(tid);
        }
    }

    void stopped(pid_t tid, int status) {
        const int signal = WSTOPSIG(status), event = status >> 16;
        meet(tid);
        unsigned long message = 0;
        ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message);
        int deliver = 0;
        switch (event) {
            case 0:
                deliver = signal;
                break;
            case PTRACE_EVENT_FORK:
            case PTRACE_EVENT_VFORK:
            case PTRACE_EVENT_CLONE:
                meet(static_cast<pid_t>(message));
                break;
            case PTRACE_EVENT_EXEC:
                threads_[tid] = {tid};
                break;
            case PTRACE_EVENT_EXIT:
                exits(tid);
                break;
            case PTRACE_EVENT_STOP:
                if (signal != SIGTRAP) {
                    ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
                    return;
                }
                break;
            default:
                break;
        }
        ptrace(PTRACE_CONT, tid, nullptr, deliver);
    }

    void exits(pid_t tid) {
        const auto group = static_cast<pid_t>(status_field(tid, "Tgid"));
        std::set<pid_t>& left = threads_[group];
        left.erase(tid);
        if (!left.empty()) return;
        threads_.erase(group);
        json row = reader_.read(tid);
        names_[group] = row["name"];
        result_["processes"].push_back(std::move(row));
    }

    pid_t command_;
    Reader reader_;
    double cpu_ = 0;
    long peak_ = 0;
    std::map<pid_t, std::set<pid_t>> threads_;  // by process
    std::set<pid_t> met_;                       // in `threads_`, or past their exit
    std::map<pid_t, std::string> names_;
    json result_{{"killed", json::array()}, {"processes", json::array()}, {"status", -1}};
};

// Whatever the command started and left: a subreaper inherits it. By id, level by level.
void end_children() {
    const std::string list = "/proc/self/task/" + std::to_string(getpid()) + "/children";
    for (;;) {
        std::ifstream file(list);
        for (pid_t child; file >> child;) kill(child, SIGKILL);
        if (waitpid(-1, nullptr, __WALL) < 0 && errno == ECHILD) return;
    }
}

[[noreturn]] void become(char** command, int gate) {
    char byte = 0;
    while (read(gate, &byte, 1) < 0 && errno == EINTR) {
    }
    execvp(command[0], command);
    _exit(127);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) return 2;
    const pid_t child = fork();
    if (child < 0) return 2;
    if (child == 0) {
        close(gate[1]);
        become(argv + 4, gate[0]);
    }
    close(gate[0]);
    struct sigaction action {};  // no SA_RESTART: the wait must end
    action.sa_handler = [](int) { past_deadline = 1; };
    sigaction(SIGALRM, &action, nullptr);
    const itimerval limit{{1, 0}, {std::atoi(argv[2]), 0}};  // again, should the first come early
    setitimer(ITIMER_REAL, &limit, nullptr);
    Watch watch(child, std::strtoull(argv[3], nullptr, 16));
    close(gate[1]);  // it is seized: let it begin
    const json result = watch.run();
    setitimer(ITIMER_REAL, nullptr, nullptr);
    end_children();
    std::ofstream(argv[1]) << result.dump(1) << "\n";
    return 0;
}
