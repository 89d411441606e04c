// SPDX-License-Identifier: MIT
//
// Talks with a program line by line, or message by message, while it runs: for protocols of
// editors. Who wants only what a program prints to its end takes subprocess.h.
#ifndef MEMTRACE_TESTS_SESSIONS_CONVERSATION_H
#define MEMTRACE_TESTS_SESSIONS_CONVERSATION_H

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace mt::sessions {

class Conversation {
  public:
    // Every wait ends `deadline` from now at the latest. Throws std::runtime_error when the
    // program cannot be started, ends early, or says nothing in time.
    Conversation(const std::string& program, const std::vector<std::string>& arguments,
                 const std::filesystem::path& directory, std::chrono::seconds deadline);
    // Ends the program and whatever it has started.
    ~Conversation();
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void say(const std::string& bytes);
    // The next line, without its newline (and the carriage return before it).
    std::string line();
    std::string bytes(std::size_t count);
    // All that was heard so far, for messages of failed tests.
    const std::string& heard() const { return heard_; }

  private:
    void listen();

    pid_t child_ = -1;
    int to_ = -1;
    int from_ = -1;
    std::chrono::steady_clock::time_point end_;
    std::string heard_;
    std::size_t taken_ = 0;  // of heard_
};

}  // namespace mt::sessions

#endif
