// SPDX-License-Identifier: MIT
//
// See reader.h.
#include "reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace mt::reader {
namespace {

// They change a program, or wait for it to run.
constexpr std::array<std::string_view, 6> kOfDebuggers = {"start", "stop",    "clear",
                                                          "break", "preload", "mark"};
// They follow pointers from registers and stacks.
constexpr std::array<std::string_view, 3> kOfStoppedOnes = {"leaks", "refs", "retained"};

bool is_one_of(std::string_view verb, const auto& verbs) {
    for (const std::string_view one : verbs)
        if (verb == one) return true;
    return false;
}

std::string first_word(const std::string& line) {
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_first_of(" \t", first) - first);
}

enum class Kind { missing, core, program, compressed, other };

Kind kind_of(const std::string& path) {
    std::array<unsigned char, 18> start{};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return Kind::missing;
    const auto got = pread(file, start.data(), start.size(), 0);
    close(file);
    const auto begins = [&](std::string_view magic) {
        return got >= static_cast<ssize_t>(magic.size()) &&
               std::memcmp(start.data(), magic.data(), magic.size()) == 0;
    };
    // e_type, of either byte order, at 16 (ELF specification): ET_CORE is 4.
    if (begins("\177ELF")) return start[16] == 4 || start[17] == 4 ? Kind::core : Kind::program;
    if (begins("\x28\xb5\x2f\xfd") || begins("\xfd\x37zXZ") || begins("\x04\x22\x4d\x18"))
        return Kind::compressed;
    return Kind::other;
}

std::optional<std::int64_t> pid_of(const std::string& word) {
    if (word.empty() || word.size() > 9 || word.find_first_not_of("0123456789") != word.npos)
        return std::nullopt;
    return std::stoll(word);
}

void put_text(void* sink, const char* text) {
    static_cast<std::vector<std::string>*>(sink)->emplace_back(text);
}

}  // namespace

Reader::Reader(const Words& words) : words_(words) {}

Reader::~Reader() {
    if (session_ != nullptr) mtc_close(session_);
}

void Reader::complain(const std::string& what) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", what.c_str());
    status_ = kFailed;
}

bool Reader::open_subject() {
    const std::string& word = words_.subject;
    const Kind kind = kind_of(word);
    const auto pid = kind == Kind::missing ? pid_of(word) : std::nullopt;
    try {
        if (kind == Kind::core)
            subject_ = Subject::core(word, words_.executable);
        else if (pid)
            subject_ = Subject::process(*pid);
        else
            subject_ = Subject::nothing();
    } catch (const std::exception& error) {
        complain("cannot read " + (pid ? "process " + word : word) + ": " + error.what());
        return false;
    }
    return open_session();
}

bool Reader::open_session() {
    subject_->look_in(words_.places);
    callbacks_ = subject_->callbacks();
    session_ = mtc_open(&callbacks_, nullptr);
    if (session_ == nullptr) complain("out of memory");
    return session_ != nullptr;
}

int Reader::run_quietly(const std::string& line, std::string& text) {
    subject_->print_to(&text);
    const int status = mtc_run(session_, line.c_str());
    subject_->print_to(nullptr);
    if (status != MTC_OK) complain(mtc_error(session_));
    return status;
}

// A saved snapshot becomes one of the session's.
bool Reader::keep(const std::string& path, const char* name) {
    std::string text;
    const Kind kind = kind_of(path);
    if (kind == Kind::compressed) {
        complain(path + " is compressed; unpack it first (unzstd, unxz, lz4 -d)");
        return false;
    }
    if (kind == Kind::program) {
        complain(path + " is a program or library, neither a core nor a saved snapshot");
        return false;
    }
    return run_quietly("load " + quoted_word(path) + " " + name, text) == MTC_OK;
}

// Of diff: what is in another core is saved and loaded, for a session is about one.
bool Reader::keep_other(const std::string& path, const char* name) {
    if (kind_of(path) != Kind::core) return keep(path, name);
    const std::string folder = std::filesystem::temp_directory_path();
    std::string file = folder + "/memtrace-diff-XXXXXX";
    const int made = mkstemp(file.data());
    if (made < 0) {
        complain("cannot write to " + folder + ": " + std::strerror(errno));
        return false;
    }
    close(made);
    Words words;
    words.subject = path;
    words.places = words_.places;
    Reader other(words);
    std::string text;
    const bool done = other.open_subject() &&
                      other.run_quietly("snapshot --blocks -n 1", text) == MTC_OK &&
                      other.run_quietly("save --replace " + quoted_word(file), text) == MTC_OK &&
                      keep(file, name);
    unlink(file.c_str());
    if (!done) status_ = kFailed;
    return done;
}

bool Reader::open() {
    if (!words_.other.empty()) {
        subject_ = Subject::nothing();
        return open_session() && keep_other(words_.subject, "old") &&
               keep_other(words_.other, "new");
    }
    if (!open_subject()) return false;
    return subject_->is_core() || subject_->is_process() || keep(words_.subject, "saved");
}

bool Reader::is_refused(const std::string& verb) {
    // Of a core the core library says why not.
    if (is_one_of(verb, kOfDebuggers) && !subject_->is_core())
        complain("memtrace only reads; mt " + verb + " is for memtrace-gdb and memtrace-lldb");
    else if (is_one_of(verb, kOfStoppedOnes) && subject_->is_process() && !words_.stops)
        complain("mt " + verb + " needs a process that stands still: memtrace --stop " +
                 words_.subject);
    else
        return false;
    return true;
}

void Reader::run(const std::string& line) {
    if (words_.echoes) std::printf("(memtrace) %s\n", line.c_str());
    std::fflush(stdout);
    const bool is_mt = first_word(line) == "mt";
    const std::string command = is_mt ? line.substr(line.find("mt") + 2) : line;
    if (is_refused(first_word(command))) return;
    std::optional<Stopped> stopped;
    if (words_.stops && subject_->is_process()) {
        try {
            stopped.emplace(subject_->pid());
            subject_->set_threads(stopped->threads());
        } catch (const std::exception& error) {
            return complain(error.what());
        }
    }
    take_interrupt();
    const int status = mtc_run(session_, command.c_str());
    if (subject_->is_process()) subject_->set_threads({});
    std::fflush(stdout);
    if (status == MTC_INTERRUPTED) return complain("interrupted");
    if (status != MTC_OK) return complain(mtc_error(session_));
    if (mtc_leaked(session_) != 0 && status_ == kFine) status_ = kLeaks;
}

std::vector<std::string> Reader::completions(const std::string& line) {
    std::vector<std::string> found;
    mtc_complete(session_, line.c_str(), put_text, &found);
    return found;
}

}  // namespace mt::reader
