// SPDX-License-Identifier: MIT
//
// What the user wants of the reader: words of the command line as values. Opens no file.
#ifndef MEMTRACE_READER_WORDS_H
#define MEMTRACE_READER_WORDS_H

#include <string>
#include <vector>

namespace mt::reader {

// Folders with a colon between them, as mtc_target has them.
struct Places {
    std::string sysroot, file_folders, debug_folders;
};

struct Words {
    bool help = false, version = false;
    bool echoes = false;  // each command before its answer
    bool stops = false;   // a live process while it is read
    std::string subject;  // core, number of a process, saved snapshot; of `diff` the first one
    std::string other;    // of `diff` the second one
    std::string executable;
    Places places;
    std::vector<std::string> commands;  // lines; none: from `script` or the standard input
    std::string script;                 // a file of lines
    std::string error;                  // one line; empty: all is well
};

Words words_of(const std::vector<std::string>& arguments);

// One word of a command line, whatever is in it.
std::string quoted_word(const std::string& word);

extern const char* const kUsage;

}  // namespace mt::reader

#endif
