// SPDX-License-Identifier: MIT
//
// One session of the core about one subject, and the lines that it is given. Parses no command.
#ifndef MEMTRACE_READER_READER_H
#define MEMTRACE_READER_READER_H

#include <memory>
#include <string>
#include <vector>

#include "memtrace_core.h"
#include "subject.h"
#include "words.h"

namespace mt::reader {

// What the program ends with.
enum Status : int { kFine = 0, kLeaks = 1, kFailed = 2 };

class Reader {
  public:
    explicit Reader(const Words& words);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Opens what is to be read. False: said why.
    bool open();
    // Prints the answer, or why there is none.
    void run(const std::string& line);
    std::vector<std::string> completions(const std::string& line);
    // An error that is the reader's own.
    void complain(const std::string& what);
    // The worst of all lines.
    int status() const { return status_; }

  private:
    bool open_subject();
    bool open_session();
    bool keep(const std::string& path, const char* name);
    bool keep_other(const std::string& path, const char* name);
    bool is_refused(const std::string& verb);
    int run_quietly(const std::string& line, std::string& text);

    const Words& words_;
    std::unique_ptr<Subject> subject_;
    mtc_debugger callbacks_{};
    mtc_session* session_ = nullptr;
    int status_ = kFine;
};

}  // namespace mt::reader

#endif
