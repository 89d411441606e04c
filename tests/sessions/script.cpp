// SPDX-License-Identifier: MIT
//
// See script.h. GDB frames each answer with marks of ours; LLDB echoes each
// command after its prompt, which serves as the mark.
#include "script.h"

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace mt::sessions {

namespace fs = std::filesystem;

namespace {

constexpr const char* kGdbPrelude = R"(set confirm off
set pagination off
set width 0
set breakpoint pending on
set debuginfod enabled off
python
def answer(command):
    gdb.write("@@ %s\n" % command)
    try:
        gdb.execute(command)
    except gdb.error as error:
        gdb.write("error: %s\n" % error)
    gdb.write("@@\n")
    gdb.flush()
def stopped():
    gdb.write("@@ at %s\n@@\n" % gdb.selected_frame().name())
end
)";

// Echo stays on; an error is an answer like others, and does not end the script.
constexpr const char* kLldbPrelude = R"(settings set auto-confirm true
settings set target.process.stop-on-exec false
)";

// Offsets of Root::header and Header::major, behind which minor stands: what a
// newer table has in common. It becomes 3.0.
constexpr const char* kHeaderField = "64";
constexpr const char* kMajorField = "16";

std::string quoted(const fs::path& path) { return '"' + path.string() + '"'; }

std::string arguments_of(const Scenario& scenario, const Session& session) {
    std::string words = scenario.arguments;
    if (session.idle_thread) words += words.empty() ? "--idle-thread" : " --idle-thread";
    return words;
}

fs::path program_of(const Scenario& scenario, const Places& places) {
    return places.programs / scenario.program;  // an absolute path stays what it is
}

std::string gdb_step(const Step& step, const Session& session) {
    const std::string stop = step.function.empty() ? "" : "tbreak " + step.function + "\n";
    const std::string check = step.function.empty() ? "" : "python stopped()\n";
    switch (step.kind) {
        case StepKind::run:
            return stop + "run\n" + check;
        case StepKind::enter:
            return "starti\n";
        case StepKind::go:
            return stop + "continue\n" + check;
        case StepKind::meet:
            return "python answer(\"continue\")\n" + check;
        case StepKind::signal:
            return stop + "signal " + step.text + "\n" + check;
        case StepKind::age:
            return std::string("set var {unsigned int}({unsigned long}((char*)&memtrace_root+") +
                   kHeaderField + ")+" + kMajorField + ") = 3\n";
        case StepKind::core:
            return session.save_as.empty() ? "" : "gcore " + session.save_as.string() + "\n";
        case StepKind::same:
            return "";
        case StepKind::command:
            return "python answer(\"\"\"" + step.text + "\"\"\")\n";
    }
    return {};
}

std::string lldb_step(const Step& step, const std::string& arguments) {
    const std::string stop = step.function.empty()
                                 ? ""
                                 : "breakpoint set --one-shot true --name " + step.function + "\n";
    const std::string check = step.function.empty() ? "" : "frame info\n";
    const std::string launch =
        std::string("process launch -i /dev/null -o debuggee.out -e debuggee.err") +
        (step.kind == StepKind::enter ? " --stop-at-entry" : "") +
        (arguments.empty() ? "" : " -- " + arguments) + '\n';
    switch (step.kind) {
        case StepKind::run:
            return stop + launch + check;
        case StepKind::enter:
            return launch;
        case StepKind::go:
            return stop + "continue\n" + check;
        case StepKind::meet:
            return "continue\n" + check;
        case StepKind::signal:
            // `process signal` reaches a running process only.
            return stop + "process handle --stop false --pass true " + step.text +
                   "\nscript import os, signal; os.kill(lldb.process.GetProcessID(), signal." +
                   step.text + ")\ncontinue\n" + check;
        case StepKind::age:
            return std::string("memory write --size 4 `*(unsigned long*)((char*)&memtrace_root+") +
                   kHeaderField + ")+" + kMajorField + "` 3\n";
        case StepKind::core:
            return "";
        case StepKind::same:
            return "";
        case StepKind::command:
            return step.text + "\n";
    }
    return {};
}

std::string gdb_script(const Scenario& scenario, const Session& session, const Places& places) {
    std::ostringstream out;
    out << kGdbPrelude << "source " << (places.stage / "share/memtrace/gdb/memtrace.py").string()
        << "\nfile " << quoted(program_of(scenario, places)) << '\n';
    if (!session.core.empty()) {
        out << "core-file " << session.core.string() << '\n';
    } else {
        out << "set args " << arguments_of(scenario, session) << " </dev/null >debuggee.out 2>&1\n";
        if (scenario.preload) out << "mt preload\n";
    }
    for (const Step& step : steps_of(scenario, session)) out << gdb_step(step, session);
    // The kernel's core shows the same stop: the program dies where it stands.
    if (session.core.empty() && !session.save_as.empty()) out << "signal SIGABRT\n";
    out << "echo @@ end\\n@@\\n\n";
    return out.str();
}

std::string lldb_script(const Scenario& scenario, const Session& session, const Places& places) {
    std::ostringstream out;
    out << kLldbPrelude << "plugin load "
        << quoted(places.stage / "lib/memtrace/libmemtrace_lldb.so") << '\n';
    const std::string program = quoted(program_of(scenario, places));
    if (!session.core.empty()) {
        out << "target create " << program << " --core " << quoted(session.core) << '\n';
    } else {
        out << "target create " << program << '\n';
        if (scenario.preload) out << "mt preload\n";
    }
    for (const Step& step : steps_of(scenario, session))
        out << lldb_step(step, arguments_of(scenario, session));
    out << "version\n";
    return out.str();
}

// The reader is asked for nothing but what the scenario asks of a core.
constexpr const char* kReadersEnd = "mt help list";

std::string reader_script(const Scenario& scenario, const Session& session) {
    std::string text;
    for (const Step& step : steps_of(scenario, session))
        if (step.kind == StepKind::command) text += step.text + "\n";
    return text + kReadersEnd + "\n";
}

struct Piece {
    std::string title;
    std::string text;
};

// GDB: "@@ TITLE", text, "@@". Text ends with a newline unless it is empty.
std::vector<Piece> gdb_pieces(const std::string& output) {
    std::vector<Piece> pieces;
    std::istringstream in(output);
    std::string line;
    bool inside = false;
    while (std::getline(in, line)) {
        if (line.rfind("@@ ", 0) == 0) {
            pieces.push_back({line.substr(3), ""});
            inside = true;
        } else if (line == "@@") {
            inside = false;
        } else if (inside) {
            pieces.back().text += line + '\n';
        }
    }
    return pieces;
}

// LLDB and the reader: each command behind a prompt, `last` ends the session.
std::vector<Piece> pieces_behind(const std::string& prompt, const std::string& last,
                                 const std::string& output) {
    // LLDB says that when it likes, into whatever answer is being written.
    static const std::regex kNews("[0-9]+ locations? added to breakpoint [0-9]+");
    std::vector<Piece> pieces;
    std::istringstream in(output);
    std::string line;
    while (std::getline(in, line)) {
        if (std::regex_match(line, kNews)) continue;
        if (line.rfind(prompt, 0) == 0)
            pieces.push_back({line.substr(prompt.size()), ""});
        else if (!pieces.empty())
            pieces.back().text += line + '\n';
    }
    for (Piece& piece : pieces)
        if (piece.title == last) piece.title = "end";
    return pieces;
}

std::vector<Piece> pieces_of(Debugger debugger, const std::string& output) {
    if (debugger == Debugger::gdb) return gdb_pieces(output);
    if (debugger == Debugger::lldb) return pieces_behind("(lldb) ", "version", output);
    return pieces_behind("(memtrace) ", kReadersEnd, output);
}

// Whether GDB's name, or LLDB's frame line, is of `function`. The C library's
// functions go by longer names of their own, __GI___mmap64 for mmap.
bool stands_in(const Piece& piece, Debugger debugger, const std::string& function) {
    if (debugger == Debugger::gdb) return piece.title.find(function) != std::string::npos;
    const auto name = piece.text.find('`');
    return name != std::string::npos && piece.text.find(function, name) != std::string::npos;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

// Without what differs between machines: places, code offsets, and the frames
// around main, whose lines need the C library's symbols.
std::string normalised(std::string text, const Places& places) {
    static const std::regex kOffset("\"offset\": [0-9]+");
    static const std::regex kAddress("(^|\n|block |free of |\"address\": \")0x[0-9a-f]{5,}");
    static const std::regex kOutside("(  File \"(?!<programs>)[^\\n]*\\n)+");
    replace_all(text, places.sources.string() + '/', "<programs>/");
    replace_all(text, places.programs.string() + '/', "<built>/");
    static const std::regex kTid("(tid |\"tid\": )[0-9]+"),
        kMinor("(table format: [0-9]+)\\.[0-9]+\n");
    text = std::regex_replace(text, kTid, "$1<tid>");
    // In a title of a live process only (thread_numbers_test.cpp); whose stack it is says it
    // always.
    static const std::regex kStack("(stack of [^;\n]*);"),
        kDebuggers("; the debugger's thread [0-9]+");
    text = std::regex_replace(text, kStack, "$1,,");
    text = std::regex_replace(text, kDebuggers, "");
    replace_all(text, ",,", ";");
    text = std::regex_replace(text, kMinor, "$1.<minor>\n");
    text = std::regex_replace(text, kAddress, "$1<address>");
    // A core lacks what live processes map of files.
    static const std::regex kSearched("(searched: |\"searched\": )[0-9.]+( [KMG]?i?B)?");
    text = std::regex_replace(text, kSearched, "$1<bytes>");
    // Steps of chains, and rows of what blocks hold.
    static const std::regex kBlockAt("(-> )0x[0-9a-f]{5,}");
    text = std::regex_replace(text, kBlockAt, "$1<address>");
    // Of modules.
    static const std::regex kAt("(, at )0x[0-9a-f]{5,}"), kBuildId("(build-id )[0-9a-f]{40}");
    text = std::regex_replace(text, kAt, "$1<address>");
    text = std::regex_replace(text, kBuildId, "$1<id>");
    text = std::regex_replace(text, kOffset, "\"offset\": <offset>");
    return std::regex_replace(text, kOutside, "  File <outside the program>\n");
}

// What mt break says at a stop, out of all that a debugger prints there.
std::string told_at_stop(const std::string& text) {
    std::string told;
    std::istringstream in(text);
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        inside = line.rfind("mt break ", 0) == 0 || (inside && line.rfind("  File ", 0) == 0);
        if (inside) told += line + '\n';
    }
    return told;
}

void require_same(const std::vector<Answer>& answers) {
    if (answers.empty()) throw std::runtime_error("nothing has been asked yet");
    const Answer& last = answers.back();
    const auto earlier =
        std::find_if(answers.rbegin() + 1, answers.rend(),
                     [&](const Answer& answer) { return answer.command == last.command; });
    if (earlier == answers.rend()) throw std::runtime_error(last.command + " was asked once only");
    if (earlier->text != last.text)
        throw std::runtime_error(last.command + " said something else before:\n" + earlier->text +
                                 "and now:\n" + last.text);
}

// A row by line or function charges a trace once, so none has more blocks than all traces.
// No program of the scenarios recurs. A file or module has several frames of one trace.
void require_rows_within_total(const Answer& answer) {
    static const std::regex kCount("(?:\\bcount=|\"count\": )(-?[0-9]+)");
    const bool json = answer.text.rfind("{", 0) == 0;
    const auto rows = json ? answer.text.find("\"statistics\"") : 0;
    const auto total = answer.text.find(json ? "\"total\": " : "Total: ");
    const auto has = [&](const char* option) {
        return answer.command.find(option) != std::string::npos;
    };
    if (!has(" --cumulative") || has("--by module") || has("--by filename")) return;
    if (total == std::string::npos) return;
    std::smatch found;
    const std::string closing = answer.text.substr(total);
    const std::string charged = answer.text.substr(rows, total - rows);
    if (!std::regex_search(closing, found, kCount)) return;
    const long long most = std::stoll(found[1]);
    for (std::sregex_iterator row(charged.begin(), charged.end(), kCount), end; row != end; ++row)
        if (std::stoll((*row)[1]) > most)
            throw std::runtime_error("a row of " + answer.command + " exceeds its total:\n" +
                                     answer.text);
}

}  // namespace

std::vector<Step> steps_of(const Scenario& scenario, const Session& session) {
    std::vector<Step> steps;
    bool after = false;
    for (const Step& step : scenario.steps) {
        if (session.core.empty() ? !step.only_core : after) steps.push_back(step);
        if (step.kind == StepKind::core) after = true;
    }
    return steps;
}

std::string script_of(const Scenario& scenario, const Session& session, const Places& places) {
    if (session.debugger == Debugger::reader) return reader_script(scenario, session);
    return session.debugger == Debugger::gdb ? gdb_script(scenario, session, places)
                                             : lldb_script(scenario, session, places);
}

std::string debugger_program(Debugger debugger) {
    if (debugger == Debugger::reader) return MEMTRACE_STAGE "/bin/memtrace";
    const bool gdb = debugger == Debugger::gdb;
    const char* chosen = std::getenv(gdb ? "MEMTRACE_GDB" : "MEMTRACE_LLDB");
    return chosen != nullptr ? chosen : gdb ? MEMTRACE_GDB_PROGRAM : MEMTRACE_LLDB_PROGRAM;
}

std::vector<std::string> command_line(const Session& session, const fs::path& script) {
    if (session.debugger == Debugger::reader)
        return {"--echo", "-x", script.string(), session.core.string()};
    if (session.debugger == Debugger::gdb) return {"-nx", "-batch", "-x", script.string()};
    // -e: an error does not stop the file; -c: nor does a process that goes on.
    return {"--no-lldbinit", "--no-use-colors", "--batch", "-o",
            "command source -e false -c false -s false " + quoted(script)};
}

std::vector<Answer> answers_of(const Scenario& scenario, const Session& session,
                               const std::string& output, const Places& places) {
    const bool gdb = session.debugger == Debugger::gdb;
    const std::vector<Piece> pieces = pieces_of(session.debugger, output);
    if (pieces.empty() || pieces.back().title != "end")
        throw std::runtime_error("the session ended before its script did");
    std::vector<Answer> answers;
    std::size_t next = 0;
    const auto find = [&](auto&& matches, const std::string& what) {
        while (next < pieces.size() && !matches(pieces[next])) ++next;
        if (next == pieces.size()) throw std::runtime_error("not found in the output: " + what);
        return pieces[next++];
    };
    for (const Step& step : steps_of(scenario, session)) {
        if (step.kind == StepKind::command) {
            const Piece piece =
                find([&](const Piece& p) { return p.title == step.text; }, step.text);
            answers.push_back(
                {step.text, scenario.golden ? normalised(piece.text, places) : piece.text});
            require_rows_within_total(answers.back());
            continue;
        }
        if (step.kind == StepKind::meet) {
            const Piece piece =
                find([&](const Piece& p) { return p.title == step.text; }, step.text);
            answers.push_back(
                {"meet " + step.function, normalised(told_at_stop(piece.text), places)});
        }
        if (step.kind == StepKind::same) {
            require_same(answers);
        } else if (!step.function.empty()) {
            const Piece piece = find(
                [&](const Piece& p) {
                    return gdb ? p.title.rfind("at ", 0) == 0 : p.title == "frame info";
                },
                "the stop in " + step.function);
            if (!stands_in(piece, session.debugger, step.function))
                throw std::runtime_error("did not stop in " + step.function + " but at " +
                                         (gdb ? piece.title : piece.text));
        }
    }
    return answers;
}

}  // namespace mt::sessions
