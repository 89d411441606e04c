// SPDX-License-Identifier: MIT
//
// memtrace: reads the traces of a core, a process or a saved snapshot without a debugger. Says
// what the command line asks for; all else is the core's.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "prompt.h"
#include "reader.h"
#include "words.h"

namespace {

using namespace mt::reader;

void run_lines(Reader& reader, std::istream& in) {
    for (std::string line; std::getline(in, line);)
        if (line.find_first_not_of(" \t") != std::string::npos) reader.run(line);
}

void run_all(Reader& reader, const Words& words) {
    if (!words.commands.empty()) {
        for (const std::string& line : words.commands) reader.run(line);
        return;
    }
    if (!words.script.empty()) {
        std::ifstream script(words.script);
        if (!script) return reader.complain("cannot read " + words.script);
        return run_lines(reader, script);
    }
    if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
        prompt([&](const std::string& line) { reader.run(line); },
               [&](const std::string& line) { return reader.completions(line); });
        return;
    }
    run_lines(reader, std::cin);
}

}  // namespace

int main(int count, char** arguments) {
    // Nothing is fetched, whatever the environment offers.
    unsetenv("DEBUGINFOD_URLS");
    const Words words = words_of({arguments + 1, arguments + count});
    if (words.help) {
        std::fputs(kUsage, stdout);
        return kFine;
    }
    if (words.version) {
        std::printf("memtrace %s\n", mtc_version());
        return kFine;
    }
    if (!words.error.empty()) {
        std::fprintf(stderr, "memtrace: %s\n%s", words.error.c_str(), kUsage);
        return kFailed;
    }
    catch_interrupts();
    Reader reader(words);
    if (reader.open()) run_all(reader, words);
    return std::fflush(stdout) == 0 ? reader.status() : kFailed;
}
