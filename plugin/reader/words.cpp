// SPDX-License-Identifier: MIT
//
// See words.h. Whether a word is a file it asks; it opens none.
#include "words.h"

#include <cstdint>
#include <filesystem>

#include "memtrace_core.h"

namespace mt::reader {
namespace {

bool is_verb(const std::string& word) {
    for (std::uint32_t i = 0; mtc_verb(i) != nullptr; ++i)
        if (word == mtc_verb(i)) return true;
    return false;
}

// A shell has taken the words' quotes away.
std::string joined(const std::vector<std::string>& words, std::size_t first) {
    std::string line;
    for (std::size_t i = first; i < words.size(); ++i)
        line += (i == first ? "" : " ") + quoted_word(words[i]);
    return line;
}

// The option's value, by `--name VALUE`. Null: it is no option of files.
std::string* folders_of(const std::string& word, Places& places) {
    if (word == "--sysroot") return &places.sysroot;
    if (word == "--files") return &places.file_folders;
    if (word == "--debug-files") return &places.debug_folders;
    return nullptr;
}

// Options before the subject. Where they end; false: there is an error.
bool take_options(const std::vector<std::string>& words, std::size_t& at, Words& out) {
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        const std::string& word = words[at];
        if (word == "-h" || word == "--help") {
            out.help = true;
        } else if (word == "--version") {
            out.version = true;
        } else if (word == "--echo") {
            out.echoes = true;
        } else if (word == "--stop") {
            out.stops = true;
        } else if (std::string* folders = folders_of(word, out.places)) {
            if (++at == words.size()) {
                out.error = word + " takes a folder";
                return false;
            }
            *folders += (folders->empty() ? "" : ":") + words[at];
        } else if (word == "-c" || word == "-x") {
            if (++at == words.size()) {
                out.error = word == "-c" ? "-c takes a command" : "-x takes the name of a file";
                return false;
            }
            if (word == "-c")
                out.commands.push_back(words[at]);
            else
                out.script = words[at];
        } else {
            out.error = "unknown option " + word;
            return false;
        }
    }
    return true;
}

void take_diff(const std::vector<std::string>& words, std::size_t at, Words& out) {
    if (words.size() < at + 2) {
        out.error = "diff takes two cores or saved snapshots";
        return;
    }
    out.subject = words[at];
    out.other = words[at + 1];
    const std::string options = joined(words, at + 2);
    out.commands = {"diff old new" + (options.empty() ? options : " " + options)};
}

}  // namespace

std::string quoted_word(const std::string& word) {
    const bool is_plain = !word.empty() && word.find_first_of(" \t'\"\\") == std::string::npos;
    if (is_plain) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\"'\"'") : std::string(1, c);
    return text + "'";
}

const char* const kUsage =
    R"(usage: memtrace [OPTIONS] CORE|PID|SAVED [EXECUTABLE] [COMMAND ...]
       memtrace diff OLD NEW [OPTIONS OF mt diff]

Reads the traces of a core, of a running process or of a file by mt save,
without a debugger. COMMAND is what stands behind mt in one: snapshot, leaks,
block ... Without COMMAND each line of the standard input is one; at a terminal
there is a prompt. help lists the commands.

  -c COMMAND  a command; again: another one, in this order
  -x FILE     the commands are the lines of FILE
  --stop      a process stands still while a command reads it; needed by
              leaks, refs and retained
  --sysroot FOLDER, --files FOLDER, --debug-files FOLDER
              where a module's file is looked for besides its path: at the same
              path below FOLDER; by its name; its debug file, by build-id,
              instead of /usr/lib/debug. The last two again: or there
  --echo      print each command before its answer
  --version   print the version and stop

Exit status: 0; 1 when leaks found any; 2 when a command or a word was wrong.
)";

Words words_of(const std::vector<std::string>& words) {
    Words out;
    std::size_t at = 0;
    if (!take_options(words, at, out) || out.help || out.version) return out;
    if (at == words.size()) {
        out.error = "which core, process or saved snapshot?";
        return out;
    }
    if (words[at] == "diff" && out.commands.empty()) {
        take_diff(words, at + 1, out);
        return out;
    }
    out.subject = words[at++];
    // Also behind the subject, where people put them.
    if (!take_options(words, at, out)) return out;
    if (at < words.size() && !is_verb(words[at])) {
        if (!std::filesystem::exists(words[at])) {
            out.error = words[at] + " is no command, and there is no such file";
            return out;
        }
        out.executable = words[at++];
    }
    if (!take_options(words, at, out)) return out;
    if (at == words.size()) return out;
    if (!out.commands.empty() || !out.script.empty())
        out.error = "commands by -c, by -x or as words, not by two of them";
    else if (!is_verb(words[at]))
        out.error = words[at] + " is no command; memtrace SUBJECT help lists them";
    else
        out.commands = {joined(words, at)};
    return out;
}

}  // namespace mt::reader
