// SPDX-License-Identifier: MIT
//
// What an editor sees of a session: a client of the Debug Adapter Protocol on lldb-dap, as VS
// Code and many others are, and one of GDB's machine interface (MI), as cpptools, CLion and Emacs
// are. The protocols: microsoft.github.io/debug-adapter-protocol; GDB manual, "GDB/MI".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "conversation.h"
#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kProgram = kPrograms / "json_reshape";

// --- lldb-dap -------------------------------------------------------------------

class DapClient {
  public:
    explicit DapClient(const std::filesystem::path& directory)
        : server_(MEMTRACE_LLDB_DAP, {}, directory, 120s) {}

    json request(const std::string& command, const json& arguments = json::object()) {
        send(command, arguments);
        return answer_to(number_);
    }
    // One whose answer comes when the program runs.
    void send(const std::string& command, const json& arguments) {
        const json message = {{"seq", ++number_},
                              {"type", "request"},
                              {"command", command},
                              {"arguments", arguments}};
        const std::string text = message.dump();
        server_.say("Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
    }
    json event(const std::string& name) {
        for (;;) {
            for (auto at = events_.begin(); at != events_.end(); ++at) {
                if (at->at("event") != name) continue;
                json found = *at;
                events_.erase(at);
                return found.value("body", json::object());
            }
            hear();
        }
    }
    // What the debug console shows for a line that a user types there.
    std::string console(const std::string& line, const json& frame) {
        const json answer =
            request("evaluate", {{"expression", line}, {"context", "repl"}, {"frameId", frame}});
        if (!answer.value("success", false)) return "failed: " + answer.dump();
        return answer.at("body").at("result");
    }

  private:
    json answer_to(int number) {
        for (;;) {
            for (auto at = answers_.begin(); at != answers_.end(); ++at) {
                if (at->at("request_seq") != number) continue;
                json found = *at;
                answers_.erase(at);
                return found;
            }
            hear();
        }
    }
    void hear() {
        std::size_t length = 0;
        for (std::string line; !(line = server_.line()).empty();) {
            if (line.rfind("Content-Length: ", 0) == 0) length = std::stoul(line.substr(16));
        }
        json message = json::parse(server_.bytes(length));
        if (message.at("type") == "event") events_.push_back(message);
        if (message.at("type") == "response") answers_.push_back(message);
    }

    Conversation server_;
    int number_ = 0;
    std::vector<json> events_, answers_;
};

// The program stands at its first breakpoint; launched as docs/editors.md says.
class Dap : public testing::Test {
  protected:
    Dap() {
        client_.request("initialize", {{"adapterID", "lldb"}, {"linesStartAt1", true}});
        client_.send("launch", {{"program", kProgram}, {"initCommands", begins_}});
        client_.event("initialized");
        client_.request(
            "setFunctionBreakpoints",
            {{"breakpoints", {{{"name", "parse_orders"}}, {{"name", "write_report"}}}}});
        client_.request("configurationDone");
        stopped_ = client_.event("stopped");
    }
    json frame() {
        const json answer =
            client_.request("stackTrace", {{"threadId", stopped_.at("threadId")}, {"levels", 1}});
        return answer.at("body").at("stackFrames").at(0).at("id");
    }
    std::string console(const std::string& line) { return client_.console(line, frame()); }
    void go_on() {
        client_.request("continue", {{"threadId", stopped_.at("threadId")}});
        stopped_ = client_.event("stopped");
    }

    TestFolder work_{"editor"};
    const std::vector<std::string> begins_ = {
        "plugin load " + (kStage / "lib/memtrace/libmemtrace_lldb.so").string(), "mt preload"};
    DapClient client_{work_};
    json stopped_;
};

TEST_F(Dap, KnowsTheCommandsAsTheyAre) {
    EXPECT_THAT(console("mt start"), HasSubstr("tracing is on"));
    go_on();
    const std::string report = console("mt snapshot -n 1");
    EXPECT_THAT(report, AllOf(HasSubstr("json_sax.hpp:"), HasSubstr("Total: size=")));
    EXPECT_THAT(console("mt snap -n 1"), HasSubstr("Total: size="));  // shortened
    EXPECT_THAT(console("mt no"), HasSubstr("no"));
    EXPECT_THAT(console("help mt"), HasSubstr("Trace the memory"));
}

TEST_F(Dap, IsToldWhyItStopped) {
    console("mt start");
    console("mt break --size 100000");
    go_on();
    EXPECT_EQ(stopped_.at("reason"), "breakpoint");
    EXPECT_TRUE(stopped_.contains("threadId"));
    std::string said;
    while (said.find("block 0x") == std::string::npos)
        said += client_.event("output").value("output", "");
    EXPECT_THAT(said, HasSubstr("mt break 1: size 131072 B >= 100000 B; block 0x"));
    // The frame that allocated is selected: not the runtime's, where the program stands.
    EXPECT_THAT(console("frame info"), HasSubstr("json"));
}

// --- GDB's machine interface --------------------------------------------------------

class MiClient {
  public:
    explicit MiClient(const std::filesystem::path& directory)
        : gdb_(debugger_program(Debugger::gdb),
               {"-nx", "-q", "--interpreter=mi3", "-iex", "set debuginfod enabled off", kProgram},
               directory, 120s) {}

    // All lines up to its result record, which is the last of them.
    std::string command(const std::string& text) {
        gdb_.say(text + "\n");
        return until(std::regex("\\^(done|running|error|exit).*"));
    }
    std::string console(const std::string& line) {
        return command("-interpreter-exec console \"" +
                       std::regex_replace(line, std::regex("\""), "\\\"") + "\"");
    }
    std::string until(const std::regex& last) {
        std::string lines;
        for (;;) {
            const std::string line = gdb_.line();
            lines += line + "\n";
            if (std::regex_match(line, last)) return lines;
        }
    }
    // Runs to the next stop; its record, and what was said on the way.
    std::string run(const std::string& command_that_runs) {
        const std::string begun = command(command_that_runs);
        return begun + until(std::regex("\\*stopped.*"));
    }

  private:
    Conversation gdb_;
};

class Mi : public testing::Test {
  protected:
    Mi() {
        gdb_.console("source " + (kStage / "share/memtrace/gdb/memtrace.py").string());
        gdb_.console("mt preload");
        gdb_.command("-break-insert parse_orders");
        gdb_.command("-break-insert write_report");
        gdb_.run("-exec-run");
    }

    TestFolder work_{"editor"};
    MiClient gdb_{work_};
};

TEST_F(Mi, StopsHaveAReasonAThreadAndAFrame) {
    gdb_.console("mt start");
    gdb_.console("mt break --size 100000");
    const std::string said = gdb_.run("-exec-continue");
    EXPECT_THAT(said, HasSubstr("~\"mt break 1: size 131072 B >= 100000 B; block 0x"));
    const std::string stop = said.substr(said.find("*stopped"));
    EXPECT_THAT(stop, AllOf(HasSubstr("reason=\"breakpoint-hit\""), HasSubstr("thread-id=\"1\""),
                            HasSubstr("frame={")));
    // The user's own frame is selected, and the editor is told.
    const std::string selected = gdb_.until(std::regex("=thread-selected.*"));
    EXPECT_THAT(selected.substr(selected.find("=thread-selected")), HasSubstr("json"));
    EXPECT_THAT(gdb_.command("-stack-info-frame"), HasSubstr("json"));
    // Without the condition the user's own breakpoint is next, and is told as ever.
    EXPECT_THAT(gdb_.console("mt break delete 1"), HasSubstr("^done"));
    EXPECT_THAT(gdb_.run("-exec-continue"),
                AllOf(HasSubstr("reason=\"breakpoint-hit\""), HasSubstr("bkptno=\"2\"")));
}

// An editor shows, or takes over, each setting of which GDB says that it has changed.
TEST_F(Mi, SettingsThatStayAreNotSaidToChange) {
    const std::string said = gdb_.console("mt start") + gdb_.run("-exec-continue") +
                             gdb_.console("mt snapshot -n 3") + gdb_.console("mt peak") +
                             gdb_.console("mt blocks -n 3") + gdb_.console("mt block text") +
                             gdb_.console("mt status") + gdb_.console("mt help snapshot");
    EXPECT_THAT(said, HasSubstr("Total: size="));
    EXPECT_THAT(said, Not(HasSubstr("=cmd-param-changed")));
}

// What cannot be asked in the user's language is asked in C++, and the language put back.
TEST_F(Mi, AnyLanguageWillDo) {
    for (const char* language : {"fortran", "pascal", "ada", "rust", "modula-2", "c", "asm"}) {
        SCOPED_TRACE(language);
        gdb_.console(std::string("set language ") + language);
        EXPECT_THAT(gdb_.console("mt status"), HasSubstr("runtime: preloaded"));
        EXPECT_THAT(gdb_.console("show language"),
                    HasSubstr("\\\"" + std::string(language) + "\\\""));
    }
}

}  // namespace
}  // namespace mt::sessions
